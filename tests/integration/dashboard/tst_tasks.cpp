// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QFileDialog>
#include <QListView>
#include <QPointer>
#include <QTemporaryDir>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// Ten things that operators do, by the keyboard alone, on a cluster of which a node dies after
/// the first one. With PRESENCE_PICTURES, a directory, there is a picture of each afterwards.
class TestTasks : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        QVERIFY(m_second.start());
        QVERIFY(m_staging.start());
        for (int i = 0; i < kUsers; ++i)
            add(u"%1.%2"_s.arg(i % 3 == 0 ? u"mara"_s : u"noah"_s).arg(i), m_fixture.daemon.port());
        for (int i = 0; i < kGhosts; ++i)
            add(u"otto.%1"_s.arg(i), m_second.port());
        add(u"anna"_s, m_fixture.daemon.port());
        m_clients[u"anna"_s]->push(u"presence:anna"_s, u"device_state"_s,
                                   {{"state"_L1, "idle"_L1}});
        m_clients[u"noah.1"_s]->push(u"presence:noah.1"_s, u"set_status"_s,
                                     {{"status"_L1, "busy"_L1},
                                      {"custom_message"_L1, u"In a meeting"_s},
                                      {"emoji"_L1, u"📅"_s}});
        m_clients[u"mara.3"_s]->push(u"presence:mara.3"_s, u"typing_start"_s,
                                     {{"channel_id"_L1, "support"_L1}});
        for (const auto &[user, client] : m_clients)
            QTRY_VERIFY(client->reply(u"1"_s));

        openWindow();
        m_window->open({u"Production"_s, urlOf(m_fixture.daemon), {}}, adminToken(), true);
    }

    void isItHealthy()
    {
        press(Qt::Key_1, Qt::ControlModifier);
        const auto *verdict = child<VerdictBar>(u"verdict"_s);
        QTRY_COMPARE(verdict->verdict().level, VerdictText::Level::Healthy);
        // As node-b has reported.
        constexpr int kDevices = 4;
        TableView *nodes = table(u"nodes"_s);
        QTRY_COMPARE(nodes->model()->index(1, kDevices).data().toString(),
                     QString::number(kGhosts));
        QTRY_COMPARE(table(u"workspaces"_s)->model()->rowCount(), 1);
        picture(u"01-is-it-healthy"_s);
        m_second.kill();
        for (int i = 0; i < kGhosts; ++i)
            m_clients.erase(u"otto.%1"_s.arg(i));
    }

    void whyIsAnnaAway()
    {
        press(Qt::Key_2, Qt::ControlModifier);
        press(Qt::Key_F, Qt::ControlModifier);
        type(u"anna"_s);
        QTRY_COMPARE(table(u"users"_s)->model()->rowCount(), 1);
        QVERIFY(tabTo(table(u"users"_s)));
        press(Qt::Key_Down);
        press(Qt::Key_Return);
        const auto *why = child<QLabel>(u"why"_s);
        QTRY_VERIFY(why->isVisible() && why->text().contains(u"away"_s));
        picture(u"02-why-is-anna-away"_s);
    }

    void findAUserByTheBeginningOfItsId()
    {
        // From where a line edit would take the key for itself.
        press(Qt::Key_F, Qt::ControlModifier);
        QVERIFY(qobject_cast<QLineEdit *>(QApplication::focusWidget()));
        press(Qt::Key_K, Qt::ControlModifier);
        type(u"noah.2"_s);
        const auto *hits = child<QListView>(u"searchHits"_s);
        QTRY_VERIFY(hits->model()->rowCount() > 1);
        press(Qt::Key_Down);
        const QString user = hits->currentIndex().data().toString();
        QVERIFY2(user.startsWith(u"noah.2"_s), qPrintable(user));
        picture(u"03-find-a-user"_s);
        press(Qt::Key_Return);
        QTRY_COMPARE(child<QLabel>(u"userName"_s)->text(), user);
    }

    void whoIsInAChannel()
    {
        press(Qt::Key_3, Qt::ControlModifier);
        press(Qt::Key_F, Qt::ControlModifier);
        type(u"supp"_s);
        QTRY_COMPARE(table(u"channels"_s)->model()->rowCount(), 1);
        QVERIFY(tabTo(table(u"channels"_s)));
        press(Qt::Key_Down);
        press(Qt::Key_Return);
        QTRY_COMPARE(table(u"channelUsers"_s)->model()->rowCount(), kUsers / 3);
        picture(u"04-who-is-in-a-channel"_s);
    }

    void kickWithEffect()
    {
        press(Qt::Key_K, Qt::ControlModifier);
        type(u"noah.1"_s);
        const auto *hits = child<QListView>(u"searchHits"_s);
        QTRY_COMPARE(hits->model()->index(0, 0).data().toString(), u"noah.1"_s);
        press(Qt::Key_Return);
        auto *kick = child<QPushButton>(u"disconnectUser"_s);
        QTRY_VERIFY(kick->isVisible() && kick->isEnabled());
        press(Qt::Key_U, Qt::AltModifier);
        QTRY_VERIFY(confirmButton());
        picture(u"08-kick-asked"_s);
        QVERIFY(tabTo(confirmButton()));
        press(Qt::Key_Space);
        AsyncClient &client = *m_clients[u"noah.1"_s];
        QTRY_VERIFY(client.isClosed());
        QCOMPARE(client.closeCode(), 4002);
        QTRY_VERIFY(child<QLabel>(u"userStatus"_s)->text().contains(u"offline"_s));
        QTRY_VERIFY(isSaid(u"A return takes a token issued after"_s));
        picture(u"08-kick-with-effect"_s);
        // With what it had it does not come in again.
        add(u"noah.1"_s, m_fixture.daemon.port());
        AsyncClient &again = *m_clients[u"noah.1"_s];
        QTRY_VERIFY(again.reply(u"1"_s));
        QCOMPARE((*again.reply(u"1"_s))["status"_L1], "error"_L1);
    }

    /// The node is missed 15 s after its last report.
    void whatHappenedWhenANodeDied()
    {
        const auto *verdict = child<VerdictBar>(u"verdict"_s);
        QTRY_COMPARE_WITH_TIMEOUT(verdict->verdict().level, VerdictText::Level::Degraded, 20'000);
        const QString sentence = verdict->verdict().sentence();
        QVERIFY2(sentence.contains(u"node-b unreachable since"_s), qPrintable(sentence));
        press(Qt::Key_5, Qt::ControlModifier);
        QVERIFY(tabTo(verdict->findChild<LinkButton *>()));
        press(Qt::Key_Return);
        TableView *incidents = table(u"incidents"_s);
        QTRY_VERIFY(incidents->isVisible());
        QTRY_VERIFY(rowWith(incidents, u"Node unreachable"_s) >= 0);
        QVERIFY(tabTo(incidents));
        press(Qt::Key_Home, Qt::ControlModifier);
        for (int i = rowWith(incidents, u"Node unreachable"_s); i > 0; --i)
            press(Qt::Key_Down);
        press(Qt::Key_Return);
        QTRY_COMPARE(table(u"lostUsers"_s)->model()->rowCount(), kGhosts);
        picture(u"06-what-happened"_s);
    }

    void whatChangedInTheLastHour()
    {
        press(Qt::Key_1, Qt::ControlModifier);
        // One stop for Tab, arrows within, as it is with buttons that exclude each other.
        QVERIFY(tabTo(named<QToolButton>(u"Last hour"_s)));
        press(Qt::Key_Left);
        press(Qt::Key_Space);
        QVERIFY(named<QToolButton>(u"Last 5 minutes"_s)->isChecked());
        press(Qt::Key_Right);
        press(Qt::Key_Space);
        QVERIFY(named<QToolButton>(u"Last hour"_s)->isChecked());
        TableView *incidents = table(u"incidents"_s);
        for (const QString &what : {u"Node started"_s, u"Node unreachable"_s, u"Operator"_s})
            QVERIFY2(rowWith(incidents, what) >= 0, qPrintable(what));
        picture(u"07-what-changed"_s);
    }

    void exportWhatIsShown()
    {
        const QTemporaryDir folder;
        QSettings().setValue(u"export/folder"_s, folder.path());
        press(Qt::Key_2, Qt::ControlModifier);
        press(Qt::Key_F, Qt::ControlModifier);
        press(Qt::Key_A, Qt::ControlModifier);
        type(u"mara"_s);
        QTRY_COMPARE(table(u"users"_s)->model()->rowCount(), kUsers / 3);
        press(Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(qobject_cast<QFileDialog *>(QApplication::activeModalWidget()));
        const QPointer<QWidget> dialog = QApplication::activeModalWidget();
        activate(dialog);
        QTRY_VERIFY(qobject_cast<QLineEdit *>(QApplication::focusWidget()));
        press(Qt::Key_A, Qt::ControlModifier);
        type(u"mara.csv"_s);
        press(Qt::Key_Return);
        QFile file(folder.filePath(u"mara.csv"_s));
        QTRY_VERIFY(file.exists());
        QTRY_VERIFY(!dialog);
        activate(&*m_window);
        QTRY_VERIFY(isSaid(u"10 row"_s));
        picture(u"09-export"_s);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll().count("mara."), kUsers / 3);
    }

    void findAndRemoveGhosts()
    {
        press(Qt::Key_4, Qt::ControlModifier);
        TableView *ghosts = table(u"ghosts"_s);
        QTRY_VERIFY_WITH_TIMEOUT(
            (press(Qt::Key_S, Qt::AltModifier), ghosts->model()->rowCount() == kGhosts), 20'000);
        QVERIFY(tabTo(ghosts));
        press(Qt::Key_A, Qt::ControlModifier);
        press(Qt::Key_F, Qt::AltModifier);
        QTRY_VERIFY(confirmButton());
        picture(u"05-find-ghosts"_s);
        QVERIFY(tabTo(confirmButton()));
        press(Qt::Key_Space);
        QTRY_COMPARE(ghosts->model()->rowCount(), 0);
        picture(u"05-remove-ghosts"_s);
    }

    void anotherEnvironment()
    {
        press(Qt::Key_O, Qt::ControlModifier);
        QVERIFY(tabTo(child<QLineEdit>(u"profileUrl"_s)));
        press(Qt::Key_A, Qt::ControlModifier);
        type(urlOf(m_staging.daemon).toString());
        press(Qt::Key_Tab);
        press(Qt::Key_A, Qt::ControlModifier);
        type(QString::fromLatin1(adminToken()));
        press(Qt::Key_Tab);
        press(Qt::Key_A, Qt::ControlModifier);
        type(u"Staging"_s);
        press(Qt::Key_Return);
        QTRY_VERIFY(child<QLabel>(u"state"_s)->text().contains(u"Staging"_s));
        QTRY_COMPARE(table(u"nodes"_s)->model()->rowCount(), 1);
        picture(u"10-another-environment"_s);
    }

    void cleanupTestCase()
    {
        m_window.reset();
        m_clients.clear();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

private:
    static constexpr int kUsers = 30;
    static constexpr int kGhosts = 4;

    /// A user with a device in acme who looks at a channel.
    void add(const QString &user, quint16 port)
    {
        join(user, port, {user.startsWith(u"mara"_s) ? u"support"_s : u"general"_s});
    }

    // A ghost has missed two heartbeats.
    DaemonFixture m_fixture{{{u"NODE_NAME"_s, u"node-a"_s}, {u"HEARTBEAT_INTERVAL"_s, u"500"_s}},
                            RedisServer::Options{}};
    DaemonProcess m_second{
        m_fixture.with({{u"NODE_NAME"_s, u"node-b"_s}, {u"HEARTBEAT_INTERVAL"_s, u"500"_s}})};
    DaemonFixture m_staging{{}, RedisServer::Options{}};
};

PRESENCE_WIDGET_TEST(TestTasks)
#include "tst_tasks.moc"
