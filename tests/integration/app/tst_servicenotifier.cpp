// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/servicenotifier.h"
#include "tests/integration/app/notifysocket.h"
#include "tests/support/daemonprocess.h"
#include "tests/support/testregistry.h"

using namespace presence::app;
using namespace presence::test;
using namespace Qt::StringLiterals;

class TestServiceNotifier : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aDaemonSaysHowItIs();
    void aThreadThatHangsStopsTheWatchdogMessages();
    void withoutSystemdItIsSilent();
};

void TestServiceNotifier::aDaemonSaysHowItIs()
{
    NotifySocket systemd;
    QTemporaryDir state;
    DaemonProcess daemon({{u"NOTIFY_SOCKET"_s, systemd.path()},
                          {u"WATCHDOG_USEC"_s, u"300000"_s},
                          {u"PRESENCE_STATE_DIR"_s, state.path() + u"/state"_s}});
    QVERIFY(daemon.start());
    QTRY_VERIFY(systemd.received.contains("READY=1\nSTATUS=Listening on port "
                                          + QByteArray::number(daemon.port())));
    systemd.received.clear();
    QTRY_VERIFY(systemd.received.count("WATCHDOG=1") >= 2);
    QCOMPARE(daemon.stop(), 0);
    QTRY_VERIFY(systemd.received.contains("STOPPING=1\nSTATUS=Draining"));
}

void TestServiceNotifier::aThreadThatHangsStopsTheWatchdogMessages()
{
    NotifySocket systemd;
    qputenv("NOTIFY_SOCKET", systemd.path().toUtf8());
    qputenv("WATCHDOG_USEC", "30000");
    std::vector<std::function<void()>> asked;
    {
        const ServiceNotifier notifier([&](auto answered) { asked.push_back(answered); });
        QTRY_COMPARE(asked.size(), 1U);
        asked[0]();
        QTRY_COMPARE(systemd.received, QByteArrayList({"WATCHDOG=1"}));
        QTRY_COMPARE(asked.size(), 2U);
        // Nobody answers any more: it does not ask again either, when its time has come thrice.
        int beats = 0;
        QTimer timer;
        timer.callOnTimeout([&beats] { ++beats; });
        timer.start(10);
        QTRY_VERIFY(beats > 3);
        QCOMPARE(asked.size(), 2U);
        QCOMPARE(systemd.received.size(), 1);
    }
    qunsetenv("NOTIFY_SOCKET");
    qunsetenv("WATCHDOG_USEC");
}

void TestServiceNotifier::withoutSystemdItIsSilent()
{
    int asked = 0;
    ServiceNotifier notifier([&asked](const auto &) { ++asked; });
    notifier.ready(4001);
    notifier.stopping();
    QCOMPARE(asked, 0);
}

PRESENCE_TEST(TestServiceNotifier)

#include "tst_servicenotifier.moc"
