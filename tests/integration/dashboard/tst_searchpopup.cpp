// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QListView>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// One search for everything, by the keyboard.
class TestSearchPopup : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { begin({u"amy"_s, u"bob"_s, u"carl"_s}); }
    void cleanupTestCase() { end(); }

    void whatIsLookedForIsFoundByKeyboard_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("page");
        QTest::addColumn<std::function<bool()>>("isOpened");
        const auto row = [](const char *name, const QString &text, MainWindow::PageId page,
                            std::function<bool()> isOpened) {
            QTest::newRow(name) << text << int(page) << std::move(isOpened);
        };
        Models *models = &m_window->models();
        row("a user", u"car"_s, MainWindow::UsersId,
            [models] { return models->user.user().bytes() == "carl"; });
        row("a device", u"laptop-o"_s, MainWindow::UsersId,
            [models] { return models->user.user().bytes() == "bob"; });
        row("a channel", u"gener"_s, MainWindow::ChannelsId,
            [models] { return models->channelUsers.channel().bytes() == "general"; });
        row("a workspace", u"acm"_s, MainWindow::UsersId,
            [models] { return models->users.workspace().bytes() == "acme"; });
        row("a node", u"presence@"_s, MainWindow::OverviewId,
            [this] { return table(u"nodes"_s)->currentIndex().isValid(); });
    }

    void whatIsLookedForIsFoundByKeyboard()
    {
        QFETCH(QString, text);
        QFETCH(int, page);
        QFETCH(std::function<bool()>, isOpened);
        m_clients[u"bob"_s]->push(u"presence:bob"_s, u"join_channel"_s,
                                  {{"channel_id"_L1, "general"_L1}});
        const auto laptop = client(u"bob"_s, m_fixture.daemon.port(), {}, u"laptop-of-bob"_s);
        press(Qt::Key_5, Qt::ControlModifier);
        search(text);
        QAbstractItemModel *hits = child<QListView>(u"searchHits"_s)->model();
        QTRY_VERIFY(hits->rowCount() > 0);
        QVERIFY(hits->index(0, 0).data().toString().startsWith(text));
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Return);
        QVERIFY(!child<QWidget>(u"search"_s)->isVisible());
        QCOMPARE(child<QListWidget>(u"navigation"_s)->currentRow(), page);
        QVERIFY(child<QStackedWidget>({})->isAncestorOf(QApplication::focusWidget()));
        QTRY_VERIFY(isOpened());
    }

    void theArrowKeysChooseWhatIsOpened()
    {
        setStatus(u"dora.1"_s);
        setStatus(u"dora.2"_s);
        search(u"dora"_s);
        auto *hits = child<QListView>(u"searchHits"_s);
        QTRY_COMPARE(hits->model()->rowCount(), 2);
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Down);
        QCOMPARE(hits->currentIndex().data().toString(), u"dora.2"_s);
        QVERIFY(child<QLineEdit>(u"searchText"_s)->hasFocus());
        QVERIFY(child<QLineEdit>(u"searchText"_s)->accessibleDescription().contains(u"dora.2"_s));
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Return);
        QCOMPARE(child<QLabel>(u"userName"_s)->text(), u"dora.2"_s);
        // The keyboard is in what was opened.
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!child<QPushButton>(u"closeUser"_s)->isVisible());
    }

    void aSearchSaysHowItIs()
    {
        press(Qt::Key_2, Qt::ControlModifier);
        auto *filter = child<QLineEdit>(u"userFilter"_s);
        filter->setFocus();
        search(u"nobody-at-all"_s);
        auto *state = child<QLabel>(u"searchState"_s);
        QVERIFY(state->text().startsWith(u"Searching"_s));
        QTRY_COMPARE(state->text(), u"Nothing found"_s);
        search(u"amy"_s);
        QTRY_VERIFY(state->text().startsWith(u"1 result"_s));
        QVERIFY(child<QLineEdit>(u"searchText"_s)->accessibleDescription().contains(u"amy"_s));
        const QWidget *popup = child<QWidget>(u"search"_s);
        const QSize size = m_window->size();
        m_window->resize(size - QSize(100, 0));
        QTRY_COMPARE(popup->geometry().center().x(), popup->parentWidget()->rect().center().x());
        m_window->resize(size);
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Escape);
        QVERIFY(!child<QWidget>(u"search"_s)->isVisible());
        QVERIFY(filter->hasFocus());
        click(child<QPushButton>(u"openSearch"_s));
        QVERIFY(child<QLineEdit>(u"searchText"_s)->hasFocus());
        click(filter);
        QVERIFY(!child<QWidget>(u"search"_s)->isVisible());
    }

private:
    void search(const QString &text)
    {
        press(Qt::Key_K, Qt::ControlModifier);
        QVERIFY(child<QLineEdit>(u"searchText"_s)->hasFocus());
        type(text);
    }
    /// Somebody who is known, and not connected.
    void setStatus(const QString &user)
    {
        m_window->models().actions.setStatus(*UserId::parse(QStringView(user)),
                                             {.status = Status::Busy});
    }
};

PRESENCE_WIDGET_TEST(TestSearchPopup)
#include "tst_searchpopup.moc"
