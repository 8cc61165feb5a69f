// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QListView>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// The users of a workspace, and one of them.
class TestUsersPage : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        for (const QString &user : {u"amy"_s, u"bob"_s, u"carl"_s})
            join(user, m_fixture.daemon.port());
        openWindow();
        m_window->open({u"here"_s, urlOf(m_fixture.daemon), {}}, adminToken(), false);
        m_window->openWorkspace(u"acme"_s);
        QTRY_COMPARE(table(u"users"_s)->model()->rowCount(), 3);
    }
    void cleanupTestCase()
    {
        m_window.reset();
        m_clients.clear();
        QCOMPARE(m_fixture.daemon.stop(), 0);
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
        QTRY_VERIFY(users->model()->rowCount() < 3);
        press(Qt::Key_K, Qt::ControlModifier);
        type(u"bob"_s);
        QTRY_VERIFY(child<QListView>(u"searchHits"_s)->currentIndex().data() == u"bob"_s);
        press(Qt::Key_Return);
        QTRY_COMPARE(users->currentId(UserRole), u"bob"_s);
        QVERIFY(users->selectionModel()->isRowSelected(users->currentIndex().row()));
        QCOMPARE(users->model()->rowCount(), 3);
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

private:
    DaemonFixture m_fixture{{}, RedisServer::Options{}};
};

PRESENCE_WIDGET_TEST(TestUsersPage)
#include "tst_userspage.moc"
