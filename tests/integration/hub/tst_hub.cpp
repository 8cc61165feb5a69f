// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/hub.h"
#include "tests/support/storefixture.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static const WorkspaceId kAcme("acme");

/// Another shard or node: a subscription and a hub of its own.
struct Node
{
    Node(StoreFixture &fixture, PresenceTracker &tracker, ChannelPresence &channels)
        : subscriber(redis::Endpoint::parse(fixture.server.url()).value()), bus(subscriber),
          hub(bus, fixture.keys,
              {[&tracker](const UserId &id, Callback<bus::UserEvent> done) {
                   tracker.readSeen(id, std::move(done));
               },
               [&tracker](const WorkspaceId &id, Callback<Roster> done) {
                   tracker.readWorkspace(id, std::move(done));
               },
               [&channels](const ChannelId &id, Callback<Roster> done) {
                   channels.readChannel(id, std::move(done));
               }},
              10ms)
    {
    }

    redis::Subscriber subscriber;
    bus::EventBus bus;
    hub::Hub hub;
};

/// A client with the Presence class of phoenix.js: holds what it was told, and complains of what
/// does not fit.
class Watcher final : public hub::Receiver
{
public:
    Watcher(Node &node, const WorkspaceId &workspace)
        : m_hub(node.hub), m_topic(node.hub.joinWorkspace(workspace, *this))
    {
    }
    ~Watcher() override { m_hub.leave(m_topic, *this); }
    Q_DISABLE_COPY_MOVE(Watcher)

    void greeted(const hub::Topic &, const QByteArray &state) override
    {
        m_sequence = QJsonDocument::fromJson(state).object()["sequence"_L1].toInteger();
    }

    void deliver(const hub::Broadcast &broadcast) override
    {
        const auto payload = QJsonDocument::fromJson(broadcast.payload()).object();
        if (broadcast.event() == "presence_state") {
            if (m_hasState)
                faults.append(u"a second state"_s);
            m_hasState = true;
            for (auto it = payload.begin(); it != payload.end(); ++it)
                view.insert(it.key(), refOf(it.value()));
        } else if (broadcast.event() == "presence_diff") {
            if (payload["previous"_L1].toInteger() != m_sequence)
                faults.append(u"a hole before %1"_s.arg(payload["sequence"_L1].toInteger()));
            m_sequence = payload["sequence"_L1].toInteger();
            apply(payload["joins"_L1].toObject(), payload["leaves"_L1].toObject());
        }
    }

    QMap<QString, QString> view; ///< user -> phx_ref
    QStringList faults;

private:
    static QString refOf(const QJsonValue &entry)
    {
        return entry["metas"_L1].toArray()[0]["phx_ref"_L1].toString();
    }

    void apply(const QJsonObject &joins, const QJsonObject &leaves)
    {
        if (!m_hasState)
            faults.append(u"a diff before the state"_s);
        for (auto it = leaves.begin(); it != leaves.end(); ++it) {
            if (view.take(it.key()) != refOf(it.value()))
                faults.append(u"%1 left who was not there so"_s.arg(it.key()));
        }
        for (auto it = joins.begin(); it != joins.end(); ++it) {
            if (view.contains(it.key()))
                faults.append(u"%1 came who was there"_s.arg(it.key()));
            view.insert(it.key(), refOf(it.value()));
        }
    }

    bool m_hasState = false;
    qint64 m_sequence = -1;
    hub::Hub &m_hub;
    hub::Topic &m_topic;
};

/// A client on `user:{id}`.
class UserWatcher final : public hub::Receiver
{
public:
    UserWatcher(Node &node, const UserId &user)
        : m_hub(node.hub), m_topic(node.hub.joinUser(user, *this))
    {
    }
    ~UserWatcher() override { m_hub.leave(m_topic, *this); }
    Q_DISABLE_COPY_MOVE(UserWatcher)

    void greeted(const hub::Topic &, const QByteArray &state) override
    {
        if (!view.isEmpty())
            faults.append(u"greeted again"_s);
        view = QJsonDocument::fromJson(state).object();
    }

    void deliver(const hub::Broadcast &broadcast) override
    {
        QJsonObject change = QJsonDocument::fromJson(broadcast.payload()).object();
        if (view.isEmpty() || change.take("previous"_L1) != view["revision"_L1])
            faults.append(u"a hole: "_s + QString::fromUtf8(broadcast.payload()));
        if (change["status"_L1] == view["status"_L1]
            && change["custom_message"_L1] == view["custom_message"_L1])
            faults.append(u"no change: "_s + QString::fromUtf8(broadcast.payload()));
        view = change;
    }

    QJsonObject view;
    QStringList faults;

private:
    hub::Hub &m_hub;
    hub::UserTopic &m_topic;
};

class TestHub : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoeverJoinsInAStormEndsWithTheTruth_data();
    void whoeverJoinsInAStormEndsWithTheTruth();
    void whoeverWatchesAUserInAStormHoldsWhatWasTold_data();
    void whoeverWatchesAUserInAStormHoldsWhatWasTold();
    void aTopicIsListenedToOnlyWhileSomebodyIsOnIt();
    void aLateEventOfALostUserDoesNotBringItBack();
};

static void change(PresenceTracker &tracker, QRandomGenerator &random)
{
    const auto ignored = [](const auto &) {};
    const UserId user("u" + QByteArray::number(random.bounded(15)));
    const DeviceId device("d" + QByteArray::number(random.bounded(2)));
    const SessionId session("s-" + device.bytes());
    switch (random.bounded(4)) {
    case 0:
        return tracker.disconnect(user, session, 0ms, ignored);
    case 1: {
        const auto status = static_cast<Status>(random.bounded(5));
        return tracker.setStatus(user, {.status = status}, ignored);
    }
    default:
        return tracker.announce({.user = user, .device = device, .id = session, .workspace = kAcme},
                                ignored);
    }
}

void TestHub::whoeverJoinsInAStormEndsWithTheTruth_data()
{
    QTest::addColumn<quint32>("seed");
    QTest::addColumn<bool>("losesPubSub");
    for (quint32 seed = 1; seed <= 6; ++seed) {
        QTest::addRow("seed %u", seed) << seed << false;
        QTest::addRow("seed %u, subscriptions lost", seed) << seed << true;
    }
}

void TestHub::whoeverJoinsInAStormEndsWithTheTruth()
{
    QFETCH(quint32, seed);
    QFETCH(bool, losesPubSub);
    QRandomGenerator random(seed);
    StoreFixture fixture({.offlineGrace = 0s});
    PresenceTracker tracker(fixture.store);
    ChannelPresence channels(fixture.store);
    Node one(fixture, tracker, channels);
    Node two(fixture, tracker, channels);
    std::vector<std::unique_ptr<Watcher>> watchers;

    constexpr int kChanges = 600;
    for (int i = 0; i < kChanges; ++i) {
        change(tracker, random);
        if (i % 50 == 0)
            watchers.push_back(std::make_unique<Watcher>(i % 100 == 0 ? one : two, kAcme));
        if (losesPubSub && i % 100 == 50)
            fixture.cli({u"CLIENT"_s, u"KILL"_s, u"TYPE"_s, u"pubsub"_s});
        QCoreApplication::processEvents();
    }

    const auto truth = [&] {
        QMap<QString, QString> view;
        const auto roster = fixture.wait<Roster>(
            [&](auto done) { tracker.readWorkspace(kAcme, std::move(done)); });
        for (auto it = roster->metas.cbegin(); it != roster->metas.cend(); ++it)
            view.insert(it.key().toString(),
                        QJsonDocument::fromJson(it.value()).object()["phx_ref"_L1].toString());
        return view;
    };
    // Commands that are still under way, and repairs that they cause, change the truth.
    QMap<QString, QString> last;
    int unchanged = 0;
    const auto isQuiet = [&] {
        const auto now = truth();
        unchanged = now == last ? unchanged + 1 : 0;
        last = now;
        return unchanged >= 5;
    };
    QTRY_VERIFY(isQuiet());
    for (const auto &watcher : watchers) {
        QTRY_COMPARE(watcher->view, truth());
        QCOMPARE(watcher->faults, QStringList());
    }
}

void TestHub::whoeverWatchesAUserInAStormHoldsWhatWasTold_data()
{
    whoeverJoinsInAStormEndsWithTheTruth_data();
}

void TestHub::whoeverWatchesAUserInAStormHoldsWhatWasTold()
{
    QFETCH(quint32, seed);
    QFETCH(bool, losesPubSub);
    QRandomGenerator random(seed);
    StoreFixture fixture({.offlineGrace = 0s});
    PresenceTracker tracker(fixture.store);
    ChannelPresence channels(fixture.store);
    Node one(fixture, tracker, channels);
    Node two(fixture, tracker, channels);
    std::vector<std::pair<UserId, std::unique_ptr<UserWatcher>>> watchers;
    for (int i = 0; i < 300; ++i) {
        change(tracker, random);
        if (i % 20 == 0) {
            const UserId user("u" + QByteArray::number(random.bounded(15)));
            watchers.emplace_back(user,
                                  std::make_unique<UserWatcher>(i % 40 == 0 ? one : two, user));
        }
        if (losesPubSub && i % 100 == 50)
            fixture.cli({u"CLIENT"_s, u"KILL"_s, u"TYPE"_s, u"pubsub"_s});
        QCoreApplication::processEvents();
    }
    const auto told = [&](const UserId &user) {
        const auto seen = fixture.wait<bus::UserEvent>(
            [&](auto done) { tracker.readSeen(user, std::move(done)); });
        return seen ? QJsonDocument::fromJson(seen->json).object()["status"_L1] : QJsonValue();
    };
    for (const auto &[user, watcher] : watchers) {
        QTRY_VERIFY(!watcher->view.isEmpty());
        QTRY_COMPARE(watcher->view["status"_L1], told(user));
        QCOMPARE(watcher->faults.join(u"; "_s), QString());
    }
}

void TestHub::aTopicIsListenedToOnlyWhileSomebodyIsOnIt()
{
    StoreFixture fixture;
    PresenceTracker tracker(fixture.store);
    ChannelPresence channels(fixture.store);
    Node node(fixture, tracker, channels);
    const auto subscriptions = [&] { return fixture.cli({u"PUBSUB"_s, u"CHANNELS"_s}); };
    {
        const Watcher first(node, kAcme);
        const Watcher second(node, kAcme);
        QTRY_COMPARE(subscriptions(), "presence:events:workspace:acme"_ba);
        QCOMPARE(node.hub.topicCount(), 1u);
    }
    QTRY_COMPARE(subscriptions(), ""_ba);
    QCOMPARE(node.hub.topicCount(), 0u);
}

void TestHub::aLateEventOfALostUserDoesNotBringItBack()
{
    StoreFixture fixture({.offlineGrace = 0s});
    PresenceTracker tracker(fixture.store);
    const UserId user("u");
    const auto step = fixture.wait<UserStep>([&](auto done) {
        tracker.announce(
            {.user = user, .device = DeviceId("d"), .id = SessionId("s"), .workspace = kAcme},
            std::move(done));
    });
    QVERIFY(step);
    QVERIFY(fixture.wait<void>(
        [&](auto done) { tracker.disconnect(user, SessionId("s"), 0ms, std::move(done)); }));
    // A node that was held up shows the user in the workspace only now.
    QVERIFY(fixture.wait<redis::Reply>([&](auto done) {
        fixture.redis.eval(
            fixture.scripts.workspacePut, fixture.keys.workspace(kAcme),
            {"acme", "u", QByteArray::number(step->revision), "enter", step->view, "x", "y"},
            std::move(done));
    }));
    QCOMPARE(fixture.cli({u"ZCARD"_s, u"presence:online:acme"_s}), "0"_ba);
    QCOMPARE(fixture.cli({u"HEXISTS"_s, u"presence:workspace:acme"_s, u"u"_s}), "0"_ba);
}

QTEST_GUILESS_MAIN(TestHub)
#include "tst_hub.moc"
