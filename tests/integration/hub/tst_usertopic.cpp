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
    UserWatcher(Node &node, const UserId &user)
        : m_hub(node.hub), m_topic(node.hub.joinUser(user, *this))
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

PRESENCE_TEST(TestUserTopic)
#include "tst_usertopic.moc"
