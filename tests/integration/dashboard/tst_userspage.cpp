// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QClipboard>
#include <QFileDialog>
#include <QJsonDocument>
#include <QListView>
#include <QTemporaryDir>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// The users of a workspace, and one of them.
class TestUsersPage : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        begin({u"amy"_s, u"bob"_s, u"carl"_s, u"zoe"_s});
        m_window->openWorkspace(u"acme"_s);
        QTRY_COMPARE(table(u"users"_s)->model()->rowCount(), 4);
    }
    void cleanupTestCase() { end(); }

    void usersAreFilteredAsOneTypes()
    {
        press(Qt::Key_2, Qt::ControlModifier);
        TableView *users = table(u"users"_s);
        QTRY_VERIFY(users->isVisible());
        QTRY_COMPARE(users->model()->rowCount(), 4);
        press(Qt::Key_F, Qt::ControlModifier);
        QTRY_VERIFY(child<QLineEdit>(u"userFilter"_s)->hasFocus());
        QTest::keyClicks(child<QLineEdit>(u"userFilter"_s), u"ZO"_s);
        QTRY_COMPARE(users->model()->rowCount(), 1);
        QCOMPARE(users->model()->index(0, UsersModel::UserColumn).data().toString(), u"zoe"_s);
    }

    void rowsAreCopiedAsText()
    {
        TableView *users = table(u"users"_s);
        users->selectRow(0);
        users->setFocus();
        QTest::keyClick(users, Qt::Key_C, Qt::ControlModifier);
        QTRY_VERIFY(QGuiApplication::clipboard()->text().contains(u"\tzoe\t"_s));
    }

    /// By keyboard alone, what is filtered only, and the page says how many and where.
    void aTableIsExported()
    {
        const QTemporaryDir folder;
        QSettings().setValue(u"export/folder"_s, folder.path());
        press(Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(m_window->findChild<QFileDialog *>());
        auto *dialog = child<QFileDialog>({});
        QVERIFY(dialog->windowTitle().contains(u"1 row"_s));
        QCOMPARE(dialog->directory().path(), folder.path());
        const QString proposed = dialog->findChild<QLineEdit *>()->text();
        QVERIFY2(proposed.startsWith(u"users-2"_s) && proposed.endsWith(u".csv"_s),
                 qPrintable(proposed));
        auto *name = dialog->findChild<QLineEdit *>();
        name->selectAll();
        QTest::keyClicks(name, u"shown.jsonl"_s);
        QTest::keyClick(name, Qt::Key_Return);
        QTRY_VERIFY(isSaid(u"1 row w"_s));
        QVERIFY(visibleBar()->text().contains(folder.filePath(u"shown.jsonl"_s)));
        QFile file(folder.filePath(u"shown.jsonl"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject user = QJsonDocument::fromJson(file.readLine()).object();
        QCOMPARE(user["user_id"_L1], "zoe"_L1);
        QCOMPARE(user["devices"_L1], 1);
        QVERIFY(file.atEnd());
        click(visibleBar()->findChild<QPushButton *>(u"cancel"_s));
    }

    void aUserIsOpenedFromTheTable()
    {
        TableView *users = table(u"users"_s);
        const QRect cell = users->visualRect(users->model()->index(0, UsersModel::UserColumn));
        QTest::mouseClick(users->viewport(), Qt::LeftButton, {}, cell.center());
        QTest::keyClick(users, Qt::Key_Return);
        QTRY_VERIFY(child<QLabel>(u"why"_s)->isVisible());
        QTRY_VERIFY(child<QLabel>(u"why"_s)->text().contains(u"so it is online"_s));
        QTRY_COMPARE(table(u"sessions"_s)->model()->rowCount(), 1);
        QVERIFY(users->isVisible());
    }

    /// The daemon is asked for where one stops.
    void theDetailsFollowTheTable()
    {
        TableView *users = table(u"users"_s);
        child<QLineEdit>(u"userFilter"_s)->clear();
        QTRY_COMPARE(users->model()->rowCount(), 4);
        QCOMPARE(users->currentId(UserRole), u"zoe"_s);
        UserDetailsModel &shown = m_window->models().user;
        QStringList asked;
        const auto noting = connect(&shown, &UserDetailsModel::changed, &shown, [&] {
            if (!asked.contains(shown.user().toString()))
                asked.append(shown.user().toString());
        });
        users->setFocus();
        for (int i = 0; i < 3; ++i)
            QTest::keyClick(users, Qt::Key_Up);
        QTRY_COMPARE(child<QLabel>(u"userName"_s)->text(), u"amy"_s);
        QTRY_VERIFY(shown.hasDetails());
        asked.removeAll(u"zoe"_s);
        QCOMPARE(asked, QStringList{u"amy"_s});
        disconnect(noting);
    }

    /// Rows that go away change nothing in it.
    void theDetailsStayWhileTheTableIsFiltered()
    {
        TableView *users = table(u"users"_s);
        QTest::keyClicks(child<QLineEdit>(u"userFilter"_s), u"o"_s);
        QTRY_COMPARE(users->model()->rowCount(), 2);
        QSignalSpy refreshed(&m_window->models().user, &UserDetailsModel::changed);
        QTRY_COMPARE(refreshed.count(), 2); // longer than who moves is waited for
        QCOMPARE(child<QLabel>(u"userName"_s)->text(), u"amy"_s);
        child<QLineEdit>(u"userFilter"_s)->clear();
        QTRY_COMPARE(users->currentId(UserRole), u"amy"_s);
        QVERIFY(users->selectionModel()->isRowSelected(users->currentIndex().row()));
    }

    void theDetailsAreClosedByEscape()
    {
        auto *why = child<QLabel>(u"why"_s);
        QTRY_VERIFY(why->isVisible());
        table(u"sessions"_s)->setFocus();
        QTest::keyClick(table(u"sessions"_s), Qt::Key_Escape);
        QVERIFY(!why->isVisible());
        QVERIFY(table(u"users"_s)->hasFocus());
        m_window->showPage(MainWindow::OverviewId);
        m_window->openUser(u"nobody"_s);
        QTRY_VERIFY(why->isVisible());
        QVERIFY(why->text().contains(u"Redis has nothing of a user"_s));
        click(child<QPushButton>(u"closeUser"_s));
        QVERIFY(!why->isVisible());
        m_window->openUser(u"zoe"_s);
        QTRY_VERIFY(why->text().contains(u"so it is online"_s));
    }

    /// The choice is when they may return, and the page says when.
    void usersAreDisconnectedByOneQuestion()
    {
        for (const QString &user : {u"kick1"_s, u"kick2"_s})
            join(user, m_fixture.daemon.port());
        m_window->showPage(MainWindow::UsersId);
        TableView *users = table(u"users"_s);
        type(child<QLineEdit>(u"userFilter"_s), u"kick"_s);
        QTRY_COMPARE(users->model()->rowCount(), 2);
        users->setFocus();
        QTest::keyClick(users, Qt::Key_A, Qt::ControlModifier);
        auto *disconnect = child<QPushButton>(u"disconnectUsers"_s);
        QTRY_VERIFY(disconnect->isVisible() && disconnect->text().contains(u"2 User"_s));
        click(disconnect);
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"2 user"_s));
        auto *choice = visibleBar()->findChild<QComboBox *>(u"choice"_s);
        choice->setFocus();
        QTest::keyClick(choice, Qt::Key_Down);
        QCOMPARE(choice->currentText(), u"Not within 5 minutes"_s);
        auto *confirm = visibleBar()->findChild<QPushButton *>(u"confirm"_s);
        confirm->setFocus();
        QTest::keyClick(confirm, Qt::Key_Return);
        for (const QString &user : {u"kick1"_s, u"kick2"_s}) {
            QTRY_VERIFY(m_clients[user]->isClosed());
            QCOMPARE(m_clients[user]->closeCode(), 4002);
        }
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"issued after"_s));
        QTRY_COMPARE(users->model()->rowCount(), 0);
        child<QLineEdit>(u"userFilter"_s)->clear();
        click(visibleBar()->findChild<QPushButton *>(u"cancel"_s));
    }

    void whoIsFoundIsNotHiddenByAFilter_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("isOfBusyOnes");
        QTest::newRow("by name") << u"amy"_s << false;
        QTest::newRow("by status") << QString() << true;
        QTest::newRow("by both") << u"amy"_s << true;
    }
    void whoIsFoundIsNotHiddenByAFilter()
    {
        QFETCH(QString, text);
        QFETCH(bool, isOfBusyOnes);
        const auto *users = table(u"users"_s);
        auto *filter = child<QLineEdit>(u"userFilter"_s);
        filter->setText(text);
        for (auto *toggle : m_window->findChild<UsersPage *>()->findChildren<QToolButton *>()) {
            if (toggle->text() == u"busy"_s)
                toggle->setChecked(isOfBusyOnes);
        }
        QTRY_VERIFY(users->model()->rowCount() < 4);
        press(Qt::Key_K, Qt::ControlModifier);
        type(u"bob"_s);
        QTRY_VERIFY(child<QListView>(u"searchHits"_s)->currentIndex().data() == u"bob"_s);
        press(Qt::Key_Return);
        QTRY_COMPARE(users->currentId(UserRole), u"bob"_s);
        QVERIFY(users->selectionModel()->isRowSelected(users->currentIndex().row()));
        QCOMPARE(users->model()->rowCount(), 4);
        QVERIFY(isSaid(u"The filter was cleared: it hid bob."_s));
        QVERIFY(users->hasFocus());
        picture(u"filter-cleared"_s);
        press(Qt::Key_Escape);
    }

    /// Who is not here is hidden by no filter.
    void aFilterStaysForOneWhoIsElsewhere()
    {
        auto *filter = child<QLineEdit>(u"userFilter"_s);
        filter->setText(u"amy"_s);
        m_window->openUser(u"nobody"_s);
        QTRY_VERIFY(m_window->models().user.hasDetails());
        QCOMPARE(filter->text(), u"amy"_s);
    }
};

PRESENCE_WIDGET_TEST(TestUsersPage)
#include "tst_userspage.moc"
