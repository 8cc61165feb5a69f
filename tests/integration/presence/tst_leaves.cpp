// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/testregistry.h"
#include "trackerfixture.h"

#include <QSignalSpy>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;

/// A device has left a channel when Redis could not be told; its heartbeats say so.
class TestLeaves : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_fixture.emplace(PresenceConfig{.heartbeatInterval = 250ms});
        m_channels.emplace(m_fixture->store);
        m_scheduler.emplace(m_fixture->store, m_fixture->tracker, *m_channels);
        m_log = std::make_unique<PubSubLog>(m_fixture->server,
                                            QByteArrayList{"presence:events:channel:7"});
        QVERIFY(m_fixture->enterGeneral(kSession)); // it views and types
        QTRY_COMPARE(m_log->messages.size(), 2);
        m_device.emplace(Session{.user = kUser, .device = kWeb, .id = kSession});
    }
    void cleanup()
    {
        m_device.reset();
        m_log.reset();
        m_scheduler.reset();
        m_channels.reset();
        m_fixture.reset();
    }

    void itLeavesOnce()
    {
        m_device->left.insert(kGeneral);
        m_scheduler->track(*m_device);
        QTRY_VERIFY(!isViewing());
        QTRY_VERIFY(m_device->left.isEmpty());
        heartbeatsPass();
        QCOMPARE(m_log->messages.size(), 3);
        QVERIFY(m_log->messages[2].second.endsWith("view\n42\n"));
    }

    void whatItTypesSinceGoesOn()
    {
        m_device->left.insert(kGeneral);
        m_scheduler->track(*m_device);
        QTRY_VERIFY(!isViewing());
        QVERIFY(isTyping());
    }

    // Of the device's last connection, within the grace: nobody else would leave with it.
    void theDevicesSessionsOfBeforeLeaveAsWell()
    {
        QVERIFY(m_fixture->enterGeneral(kOtherSession));
        m_device->before = kOtherSession.bytes();
        m_device->left.insert(kGeneral);
        m_scheduler->track(*m_device);
        QTRY_VERIFY(!isViewing());
    }

    // Others see it there for the grace, and are not to see that it does something.
    void whoHidesLeavesWhenItIsSeen()
    {
        m_device->left.insert(kGeneral);
        m_device->isHidden = true;
        m_scheduler->track(*m_device);
        heartbeatsPass();
        QVERIFY(isViewing());
        m_device->isHidden = false;
        QTRY_VERIFY(!isViewing());
    }

    void whoIsBackStays()
    {
        m_device->left.insert(kGeneral);
        m_device->viewed.insert(kGeneral);
        m_scheduler->track(*m_device);
        heartbeatsPass();
        QVERIFY(isViewing());
        QVERIFY(m_device->left.isEmpty());
    }

    // An announcement meanwhile says that it may still have to be left.
    void itIsRememberedUntilRedisHasDoneIt()
    {
        const auto pending = [this] { return m_fixture->redis.counters().pending; };
        QTRY_COMPARE(pending(), 0U);
        m_fixture->server.freeze();
        m_device->left.insert(kGeneral);
        m_scheduler->track(*m_device);
        QTRY_VERIFY(pending() > 2); // the check that is due, and the leave with its own
        QCOMPARE(m_device->left, QSet{kGeneral});
        m_fixture->server.thaw();
        QTRY_VERIFY(m_device->left.isEmpty());
        QVERIFY(!isViewing());
    }

private:
    void heartbeatsPass()
    {
        QSignalSpy refreshed(&*m_scheduler, &HeartbeatScheduler::refreshed);
        QTRY_COMPARE(refreshed.count(), 3);
    }
    bool isViewing() const
    {
        return m_fixture->cli({u"HEXISTS"_s, u"presence:channel:7:viewers"_s, u"42"_s}) == "1";
    }
    bool isTyping() const
    {
        return m_fixture->cli({u"SISMEMBER"_s, u"typing:7"_s, u"42"_s}) == "1";
    }

    std::optional<TrackerFixture> m_fixture;
    std::optional<ChannelPresence> m_channels;
    std::optional<HeartbeatScheduler> m_scheduler;
    std::unique_ptr<PubSubLog> m_log;
    std::optional<TrackedDevice> m_device;
};

PRESENCE_TEST(TestLeaves)
#include "tst_leaves.moc"
