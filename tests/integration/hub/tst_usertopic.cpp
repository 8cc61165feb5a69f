// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "hubfixture.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QJsonObject>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// A client on `user:{id}`.
class UserWatcher final : public hub::Receiver
{
public:
    UserWatcher(Node &node, const UserId &user, const hub::UserTopic::Within &within)
        : sight{.within = within}, m_hub(node.hub), m_topic(node.hub.joinUser(user, *this, within))
    {
    }
    ~UserWatcher() override { m_hub.leave(m_topic, *this); }
    Q_DISABLE_COPY_MOVE(UserWatcher)

    void subscribed(const hub::Topic &, const QByteArray &state) override
    {
        if (!view.isEmpty())
            faults.append(u"subscribed again"_s);
        view = QJsonDocument::fromJson(state).object();
    }

    void deliver(const hub::Broadcast &broadcast) override
    {
        QJsonObject change = QJsonDocument::fromJson(broadcast.payload()).object();
        if (view.isEmpty() || change.take("previous"_L1) != view["revision"_L1])
            faults.append(u"a hole: "_s + QString::fromUtf8(broadcast.payload()));
        // To be not seen any more is one, though of somebody who is offline.
        if (change["status"_L1] == view["status"_L1]
            && change["custom_message"_L1] == view["custom_message"_L1]
            && (!sight.within || !change["last_seen"_L1].isNull()))
            faults.append(u"no change: "_s + QString::fromUtf8(broadcast.payload()));
        view = change;
    }

    const Sight sight;
    QJsonObject view;
    QStringList faults;

private:
    hub::Hub &m_hub;
    hub::UserTopic &m_topic;
};

/// Whoever sees everybody, and those of each workspace.
static const std::array<hub::UserTopic::Within, 3> kWithin{std::nullopt, QSet<WorkspaceId>{kAcme},
                                                           QSet<WorkspaceId>{kBeta}};

class TestUserTopic : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoeverWatchesInAStormHoldsWhatWasTold_data() { addStorms(); }
    void whoeverWatchesInAStormHoldsWhatWasTold();
};

void TestUserTopic::whoeverWatchesInAStormHoldsWhatWasTold()
{
    QFETCH(quint32, seed);
    QFETCH(bool, losesPubSub);
    QRandomGenerator random(seed);
    StoreFixture fixture({.offlineGrace = 0s, .isolates = true});
    PresenceTracker tracker(fixture.store);
    ChannelPresence channels(fixture.store);
    Node one(fixture, tracker, channels);
    Node two(fixture, tracker, channels);
    std::vector<std::pair<UserId, std::unique_ptr<UserWatcher>>> watchers;
    for (int i = 0; i < 300; ++i) {
        change(tracker, random);
        if (i % 20 == 0) {
            const UserId user("u" + QByteArray::number(random.bounded(15)));
            for (const hub::UserTopic::Within &within : kWithin)
                watchers.emplace_back(
                    user, std::make_unique<UserWatcher>(i % 40 == 0 ? one : two, user, within));
        }
        if (losesPubSub && i % 100 == 50)
            fixture.cli({u"CLIENT"_s, u"KILL"_s, u"TYPE"_s, u"pubsub"_s});
        QCoreApplication::processEvents();
    }
    const auto told = [&](const UserId &user, const Sight &sight) {
        const auto seen = fixture.wait<bus::UserEvent>(
            [&](auto done) { tracker.readSeen(user, std::move(done)); });
        if (seen && !sight.includes(user, seen->places))
            return QJsonValue("offline"_L1);
        return seen ? QJsonDocument::fromJson(seen->json).object()["status"_L1] : QJsonValue();
    };
    for (const auto &[user, watcher] : watchers) {
        QTRY_VERIFY(!watcher->view.isEmpty());
        QTRY_COMPARE(watcher->view["status"_L1], told(user, watcher->sight));
        QCOMPARE(watcher->faults.join(u"; "_s), QString());
    }
}

PRESENCE_TEST(TestUserTopic)
#include "tst_usertopic.moc"
