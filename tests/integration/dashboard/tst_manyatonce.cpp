// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QTemporaryDir>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// What an operator does to many users by one question, and what he is told of it.
class TestManyAtOnce : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        openWindow();
        m_window->open(here(), adminToken(), false);
    }
    void cleanupTestCase()
    {
        m_window.reset();
        m_clients.clear();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

    void sixtyUsersAreDisconnected()
    {
        gather(u"ann"_s, kMany);
        askToDisconnect();
        QVERIFY(isSaid(u"all devices of 60 user"_s));
        press(Qt::Key_Tab);
        QVERIFY(tabTo(confirmButton()));
        press(Qt::Key_Space);
        QVERIFY(isSaid(u"Disconnecting users: 0 of 60"_s));
        QTRY_VERIFY(isSaid(u"60 users were disconnected."_s));
        for (const auto &[user, client] : m_clients) {
            QTRY_VERIFY(client->isClosed());
            QCOMPARE(client->closeCode(), 4002);
        }
        QTRY_COMPARE(table(u"users"_s)->model()->rowCount(), 0);
        picture(u"many-were-disconnected"_s);
    }

    /// What came of one is there until it is closed, or another of its kind begins.
    void whatCameOfEachStays()
    {
        gather(u"bea"_s, 3);
        askToDisconnect();
        const QTemporaryDir folder;
        table(u"users"_s)->exportTo(folder.filePath(u"users.csv"_s), ExportFormat::Csv);
        QTRY_VERIFY(isSaid(u"3 rows were written"_s));
        click(confirmButton());
        QTRY_VERIFY(isSaid(u"3 users were disconnected."_s));
        QVERIFY(isSaid(u"3 rows were written"_s));
        press(Qt::Key_1, Qt::ControlModifier);
        QVERIFY(isSaid(u"3 users were disconnected."_s));
        QVERIFY(isSaid(u"3 rows were written"_s));
        picture(u"what-came-of-each"_s);
        click(barWith(u"3 rows"_s)->findChild<QPushButton *>(u"cancel"_s));
        QVERIFY(!isSaid(u"3 rows were written"_s));
        QVERIFY(isSaid(u"3 users were disconnected."_s));
    }

private:
    static constexpr int kMany = 60;

    Profile here() const { return {u"Production"_s, urlOf(m_fixture.daemon), {}}; }

    /// Users of these names, and no others, in the table.
    void gather(const QString &name, int count)
    {
        m_clients.clear();
        for (int i = 0; i < count; ++i)
            join(u"%1.%2"_s.arg(name).arg(i), m_fixture.daemon.port());
        m_window->openWorkspace(u"acme"_s);
        child<QLineEdit>(u"userFilter"_s)->setText(name);
        QTRY_COMPARE_WITH_TIMEOUT(table(u"users"_s)->model()->rowCount(), count, 10'000);
    }
    void askToDisconnect()
    {
        table(u"users"_s)->setFocus();
        press(Qt::Key_A, Qt::ControlModifier);
        click(child<QPushButton>(u"disconnectUsers"_s));
        QTRY_VERIFY(confirmButton());
    }

    DaemonFixture m_fixture{{}, RedisServer::Options{}};
};

PRESENCE_WIDGET_TEST(TestManyAtOnce)
#include "tst_manyatonce.moc"
