// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "hubfixture.h"
#include "tests/support/testregistry.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

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

    void subscribed(const hub::Topic &, const QByteArray &state) override
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

class TestHub : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoeverJoinsInAStormEndsWithTheTruth_data();
    void whoeverJoinsInAStormEndsWithTheTruth();
    void aTopicIsListenedToOnlyWhileSomebodyIsOnIt();
    void aLateEventOfALostUserDoesNotBringItBack();
    void whatWasReadFromAServerThatIsNoneAnyMoreIsReadAgain();
    void whoJoinsALittleDoesNotWaitForWhoJoinsALot_data();
    void whoJoinsALittleDoesNotWaitForWhoJoinsALot();
};

void TestHub::whoeverJoinsInAStormEndsWithTheTruth_data()
{
    addStorms();
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

void TestHub::aTopicIsListenedToOnlyWhileSomebodyIsOnIt()
{
    StoreFixture fixture;
    PresenceTracker tracker(fixture.store);
    ChannelPresence channels(fixture.store);
    Node node(fixture, tracker, channels);
    const auto subscriptions = [&] { return fixture.cli({u"PUBSUB"_s, u"SHARDCHANNELS"_s}); };
    {
        const Watcher first(node, kAcme);
        const Watcher second(node, kAcme);
        QTRY_COMPARE(subscriptions(), fixture.keys.workspaceEvents(kAcme));
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
    const auto step = fixture.wait<UserTransition>([&](auto done) {
        tracker.announce(
            {.user = user, .device = DeviceId("d"), .id = SessionId("s"), .workspace = kAcme},
            std::move(done));
    });
    QVERIFY(step);
    QVERIFY(fixture.wait<void>([&](auto done) {
        tracker.disconnect({.user = user, .id = SessionId("s")}, QSet<ChannelId>(), 0ms,
                           std::move(done));
    }));
    // A node that was held up shows the user in the workspace only now.
    QVERIFY(fixture.wait<redis::Reply>([&](auto done) {
        fixture.redis.eval(fixture.scripts.workspacePut, fixture.keys.workspace(kAcme).all(),
                           {"acme", "u", QByteArray::number(step->revision), "enter", step->view,
                            fixture.keys.workspaceEvents(kAcme), ""},
                           std::move(done));
    }));
    QCOMPARE(fixture.cli({u"ZCARD"_s, u"presence:online:acme"_s}), "0"_ba);
    QCOMPARE(fixture.cli({u"HEXISTS"_s, u"presence:workspace:acme"_s, u"u"_s}), "0"_ba);
}

void TestHub::whatWasReadFromAServerThatIsNoneAnyMoreIsReadAgain()
{
    StoreFixture fixture;
    PresenceTracker tracker(fixture.store);
    ChannelPresence channels(fixture.store);
    Node node(fixture, tracker, channels);
    for (const QByteArray &user : {"stays"_ba, "lost"_ba}) {
        QVERIFY(fixture.wait<UserTransition>([&](auto done) {
            tracker.announce({.user = UserId(user),
                              .device = DeviceId("d"),
                              .id = SessionId("s"),
                              .workspace = kAcme},
                             std::move(done));
        }));
    }
    Watcher watcher(node, kAcme);
    QTRY_COMPARE(watcher.view.keys(), (QStringList{u"lost"_s, u"stays"_s}));
    // As on a new master, which never heard of it and says nothing of that.
    fixture.cli({u"HDEL"_s, u"presence:workspace:acme"_s, u"lost"_s});
    fixture.cli({u"ZREM"_s, u"presence:online:acme"_s, u"lost"_s});
    node.bus.invalidate();
    QTRY_COMPARE(watcher.view.keys(), QStringList{u"stays"_s});
    QCOMPARE(watcher.faults, QStringList());
}

/// On whose behalf topics are read.
class Joiner final : public hub::Receiver
{
public:
    explicit Joiner(QByteArray owner) : m_owner(std::move(owner)) { }
    QByteArray owner() const override { return m_owner; }
    void subscribed(const hub::Topic &topic, const QByteArray &) override
    {
        ready.append(topic.name());
    }
    void deliver(const hub::Broadcast &) override { }

    QByteArrayList ready;

private:
    const QByteArray m_owner;
};

void TestHub::whoJoinsALittleDoesNotWaitForWhoJoinsALot_data()
{
    QTest::addColumn<bool>("isSecondFirst");
    QTest::newRow("after it") << false;
    QTest::newRow("before it is subscribed to") << true;
}

// Though what it joins is the last that the other has joined.
void TestHub::whoJoinsALittleDoesNotWaitForWhoJoinsALot()
{
    QFETCH(bool, isSecondFirst);
    StoreFixture fixture;
    QList<std::function<void()>> held; // reads of users, which do not come to an end
    redis::Subscriber subscriber(fixture.server.deployment());
    bus::EventBus bus(subscriber);
    hub::Hub hub(bus, fixture.keys,
                 {[&held](const UserId &, Callback<bus::UserEvent> done) {
                      held.append([done] { done(bus::UserEvent{1, "{}"_ba}); });
                  },
                  [](const WorkspaceId &, Callback<Roster> done) { done(Roster{}); },
                  [](const ChannelId &, Callback<Roster> done) { done(Roster{}); }},
                 {10ms, 1s});
    Joiner much("much"_ba), little("little"_ba);
    std::vector<std::pair<hub::Topic *, Joiner *>> joined;
    constexpr int kUsers = 100;
    for (int i = 0; i < kUsers; ++i)
        joined.emplace_back(&hub.joinUser(UserId("u" + QByteArray::number(i)), much), &much);
    joined.emplace_back(&hub.joinWorkspace(kAcme, much), &much);
    const auto joinLittle
        = [&] { joined.emplace_back(&hub.joinWorkspace(kAcme, little), &little); };
    if (isSecondFirst)
        joinLittle();
    if (!isSecondFirst) {
        QTRY_VERIFY(!held.isEmpty());
        joinLittle();
    }
    QTRY_COMPARE(little.ready, QByteArrayList{"workspace:acme"});
    QVERIFY(much.ready.contains("workspace:acme"));
    joined.emplace_back(&hub.joinUser(UserId("u99"), little), &little);
    QVERIFY(held.size() <= limits::FairQueue::kWindow + 1);
    // The rest comes in its turn, and nothing is read twice.
    qsizetype answered = 0;
    const auto answerAll = [&] {
        while (answered < held.size())
            std::exchange(held[answered++], nullptr)();
        return answered;
    };
    QTRY_COMPARE(answerAll(), kUsers);
    QTRY_COMPARE(much.ready.size(), kUsers + 1);
    QCOMPARE(little.ready, (QByteArrayList{"workspace:acme", "user:u99"}));
    QCOMPARE(held.size(), kUsers);
    for (const auto &[topic, joiner] : joined)
        hub.leave(*topic, *joiner);
}

PRESENCE_TEST(TestHub)
#include "tst_hub.moc"
