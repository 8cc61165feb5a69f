// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QClipboard>
#include <QRegularExpression>
#include <QTemporaryDir>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// What an operator does to many users by one question, and what he is told of it.
class TestManyAtOnce : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { begin({}); }
    void cleanupTestCase() { end(); }

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
        confirm();
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

    /// Nobody would say how far it came.
    void theWindowIsNotClosedUnderATask()
    {
        gather(u"fay"_s, kMany);
        askToDisconnect();
        confirm();
        m_window->close();
        QVERIFY(m_window->isVisible());
        const QString question = u"1 task would end before all is done"_s;
        QVERIFY(isSaid(question));
        picture(u"close-under-a-task"_s);
        press(Qt::Key_Escape);
        QVERIFY(!isSaid(question));
        m_window->close();
        click(barWith(question)->findChild<QPushButton *>(u"confirm"_s));
        QVERIFY(!m_window->isVisible());
        m_window.reset();
        openWindow();
        m_window->open(here(), adminToken(), false);
    }

    /// Nor is it asked any more whether to disconnect those that were.
    void noNumberStaysWithoutThoseChosen()
    {
        gather(u"eva"_s, 3);
        const auto *disconnect = child<QPushButton>(u"disconnectUsers"_s);
        askToDisconnect();
        QVERIFY(disconnect->text().contains(u"3 Users"_s));
        m_window->openWorkspace(u"another"_s);
        QVERIFY(disconnect->isHidden());
        QVERIFY(!isSaid(u"Disconnect all devices"_s));
    }

    void anotherConnectionEndsItAndSaysSo()
    {
        gather(u"cat"_s, kMany);
        askToDisconnect();
        confirm();
        QTRY_VERIFY(isUnderWay());
        const QTemporaryDir folder;
        table(u"users"_s)->exportTo(folder.filePath(u"users.csv"_s), ExportFormat::Csv);
        m_window->open({u"Staging"_s, QUrl(u"http://127.0.0.1:1"_s), {}}, "none"_ba, false);
        checkResult(barWith(u"Production: The connection ended."_s));
        QVERIFY(isSaid(u"of 60 rows. Nothing was written."_s));
        QVERIFY(!QFile::exists(folder.filePath(u"users.csv"_s)));
        picture(u"ended-by-another-connection"_s);
        m_window->open(here(), adminToken(), false);
        QTRY_VERIFY(m_window->models().overview.canAsk());
    }

    void aLostConnectionEndsItAndSaysSo()
    {
        gather(u"dan"_s, kMany);
        askToDisconnect();
        confirm();
        QTRY_VERIFY(isUnderWay());
        m_fixture.daemon.kill();
        QTRY_VERIFY(barWith(u"The connection ended."_s));
        checkResult(barWith(u"The connection ended."_s));
        m_clients.clear();
        QVERIFY(m_fixture.daemon.start());
    }

private:
    static constexpr int kMany = 60;

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
    /// What is asked, and not what was told before.
    void confirm()
    {
        click(barWith(u"Disconnect all devices"_s)->findChild<QPushButton *>(u"confirm"_s));
    }
    /// Some were disconnected, and others not.
    bool isUnderWay() const
    {
        const MessageBar *bar = barWith(u"Disconnecting users"_s);
        return bar && !bar->text().contains(u": 0 of"_s);
    }
    /// Each is in it, and by name on the clipboard if it was not done.
    static void checkResult(MessageBar *bar)
    {
        QVERIFY(bar);
        static const QRegularExpression kNumbers(u"(\\d+) user(?:s were| was) disconnected\\."_s);
        const QString done = kNumbers.match(bar->text()).captured(1);
        QVERIFY2(done.toInt() > 0 && done.toInt() < kMany, qPrintable(bar->text()));
        QVERIFY2(bar->text().contains(u"left out"_s), qPrintable(bar->text()));
        click(bar->findChild<QPushButton *>(u"confirm"_s));
        QTRY_COMPARE(QGuiApplication::clipboard()->text().count(u'\n') + done.toInt(), kMany);
    }
    void askToDisconnect()
    {
        table(u"users"_s)->setFocus();
        press(Qt::Key_A, Qt::ControlModifier);
        click(child<QPushButton>(u"disconnectUsers"_s));
        QTRY_VERIFY(isSaid(u"Disconnect all devices"_s));
    }
};

PRESENCE_WIDGET_TEST(TestManyAtOnce)
#include "tst_manyatonce.moc"
