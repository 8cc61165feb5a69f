// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/incidentrecorder.h"
#include "server/admin/lostusersearch.h"
#include "server/admin/nodechanges.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::admin;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

using Kinds = std::vector<IncidentKind>;

static constexpr Seconds kSeen{1'700'000'000s};

/// What operators are told of nodes.
class TestNodeChanges : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_told = {kSeen, {}};
        m_node = {.name = "a", .startedAt = kSeen - 5s, .seenAt = kSeen, .isAlive = true};
    }

    void eachStepOfALifeIsToldOnce()
    {
        QCOMPARE(look(), Kinds{IncidentKind::NodeUp});
        QCOMPARE(look(), Kinds{});
        m_node->isDraining = true;
        QCOMPARE(look(), Kinds{IncidentKind::NodeDraining});
        QCOMPARE(look(), Kinds{});
        m_node.reset();
        QCOMPARE(look(), Kinds{IncidentKind::NodeStopped});
        QCOMPARE(look(), Kinds{});
    }

    void aNodeThatIsMissedComesBack()
    {
        look();
        m_node->isAlive = false;
        m_node->devices = 23;
        m_told.now = kSeen + 16s;
        QCOMPARE(look(), Kinds{IncidentKind::NodeUnreachable});
        QCOMPARE(m_last.devices, 23);
        QVERIFY(m_last.time == kSeen); // since then
        QCOMPARE(look(), Kinds{});
        m_told.now = kSeen + 30s;
        m_node->isAlive = true;
        QCOMPARE(look(), Kinds{IncidentKind::NodeBack});
        QVERIFY(m_last.duration == 30s);
    }

    void aNodeThatIsForgottenIsToldOnce()
    {
        look();
        m_node->isAlive = false;
        look();
        m_node.reset();
        QCOMPARE(look(), Kinds{});
        m_told.now = kSeen + 25h;
        QCOMPARE(look(), Kinds{});
        QVERIFY(m_told.states.isEmpty());
    }

    void aNodeThatWasKilledAndStartedAgainIsNoNewOne()
    {
        look();
        m_node->startedAt = kSeen + 1s;
        QCOMPARE(look(), Kinds{IncidentKind::NodeRestarted});
        QCOMPARE(look(), Kinds{});
    }

    void oneThatStoppedComesUpAgain()
    {
        look();
        apply(ownChange(m_told, "a", IncidentKind::NodeStopped));
        QVERIFY(!ownChange(m_told, "a", IncidentKind::NodeStopped));
        QVERIFY(!ownChange(m_told, "a", IncidentKind::NodeDraining));
        QCOMPARE(look(), Kinds{}); // it is in the registry for a moment yet
        m_node->startedAt = kSeen + 1s;
        QCOMPARE(look(), Kinds{IncidentKind::NodeUp});
    }

    // As a version does that tells nothing itself.
    void whoLeavesTheRegistryHasStopped()
    {
        look();
        apply(NodeChange{looked(m_told), {}});
        m_node.reset();
        m_told.now += 2s;
        QCOMPARE(look(), Kinds{});
        apply(NodeChange{looked(m_told), {}});
        QCOMPARE(look(), Kinds{});
        m_told.now += 4s;
        QCOMPARE(look(), Kinds{IncidentKind::NodeStopped});
        QCOMPARE(look(), Kinds{});
    }

    void aRegistryThatIsLostIsNoStop()
    {
        look();
        apply(NodeChange{looked(m_told), {}});
        auto node = std::exchange(m_node, std::nullopt);
        m_told.now += 2s;
        QCOMPARE(look(), Kinds{});
        m_node = node;
        m_told.now += 2s;
        QCOMPARE(look(), Kinds{});
        m_node->isAlive = false;
        QCOMPARE(look(), Kinds{IncidentKind::NodeUnreachable});
    }

    // Nobody has looked for so long that the registry may have forgotten it.
    void whoMayHaveBeenForgottenIsUnreachable()
    {
        look();
        apply(NodeChange{looked(m_told), {}});
        m_node.reset();
        m_told.now += 50s;
        QCOMPARE(look(), Kinds{IncidentKind::NodeUnreachable});
    }

    void anOutageIsToldOnce()
    {
        const Milliseconds back{kSeen};
        QVERIFY(!untoldOutage(back - 5s, back + 1s, back)); // another node saw it
        QVERIFY(!untoldOutage(back + 500ms, back + 2s, back));
        // One that comes right after it, or that has begun before it was over.
        QVERIFY(untoldOutage(back + 1s, back + 60s, back) == back + 1s);
        QVERIFY(untoldOutage(back - 1s, back + 60s, back) == back);
        QVERIFY(untoldOutage(back - 5s, back, {}) == back - 5s);
    }

    // Redis was emptied, or the first daemon that tells of incidents sees the others.
    void whoWasThereLongBeforeHasNotComeUp()
    {
        m_node->startedAt = kSeen - 1h;
        QCOMPARE(look(), Kinds{});
        QCOMPARE(m_told.states.size(), 1);
    }

    void nobodyIsMissedWhileRedisIsJustBack()
    {
        look();
        m_node->isAlive = false;
        QCOMPARE(look(false), Kinds{});
        m_node.reset();
        QCOMPARE(look(false), Kinds{});
        QCOMPARE(look(), Kinds{IncidentKind::NodeUnreachable});
    }

    void whoWasOnANodeIsKnownByItsSessions_data()
    {
        QTest::addColumn<bool>("isLost");
        QTest::addColumn<bool>("hasEnded");
        QTest::addColumn<QByteArray>("newer"); // the node of the device's newer session
        QTest::addColumn<int>("outcome");
        QTest::newRow("elsewhere") << false << false << QByteArray() << 0;
        QTest::newRow("left before") << false << true << QByteArray() << 0;
        QTest::newRow("waits") << true << false << QByteArray() << int(LostUser::Outcome::Waiting);
        QTest::newRow("returned") << true << false << "b"_ba << int(LostUser::Outcome::Returned);
    }
    void whoWasOnANodeIsKnownByItsSessions()
    {
        QFETCH(bool, isLost);
        QFETCH(bool, hasEnded);
        QFETCH(QByteArray, newer);
        QFETCH(int, outcome);
        const auto session = [](const QByteArray &id, const QByteArray &device, Seconds at) {
            return SessionRow{.session = SessionId(id),
                              .device = DeviceId(device),
                              .node = id.left(1),
                              .connectedAt = Milliseconds(at)};
        };
        std::vector<SessionRow> sessions{session("b-1", "phone", kSeen - 60s)};
        if (isLost || hasEnded)
            sessions.push_back(session("a-1", "web", kSeen - 30s));
        sessions.back().hasEnded = hasEnded;
        if (!newer.isEmpty())
            sessions.push_back(session(newer + "-2", "web", kSeen + 4s));
        const auto lost = lostUser(UserId("amy"), sessions, "a", kSeen);
        QCOMPARE(lost.has_value(), isLost);
        if (lost)
            QCOMPARE(int(lost->outcome), outcome);
        if (lost && !newer.isEmpty())
            QVERIFY(lost->node == newer && lost->after == 4s);
    }

    void someAreNamedAndAllAreCounted()
    {
        std::vector<LostUser> users;
        for (int i = 0; i < 30; ++i)
            users.push_back({UserId("back" + QByteArray::number(i)), LostUser::Outcome::Returned,
                             "b", std::chrono::seconds(i)});
        users.push_back({UserId("gone"), LostUser::Outcome::Expired});
        const LostUsers lost = toLostUsers(users, true);
        QCOMPARE(lost.users, 31);
        QCOMPARE(lost.returned, 30);
        QCOMPARE(lost.expired, 1);
        QCOMPARE(lost.examples.size(), size_t(20));
        QCOMPARE(lost.examples[0].user, UserId("gone"));
        QCOMPARE(lost.examples[1].user, UserId("back29")); // the latest
    }

private:
    Kinds look(bool isSettled = true)
    {
        std::vector<NodeRow> nodes;
        if (m_node)
            nodes.push_back(*m_node);
        Kinds kinds;
        for (const NodeChange &change : nodeChanges(m_told, nodes, isSettled)) {
            apply(change);
            if (!change.incident)
                continue;
            m_last = *change.incident;
            kinds.push_back(m_last.kind);
        }
        return kinds;
    }

    void apply(const std::optional<NodeChange> &change)
    {
        QCOMPARE(m_told.states.value(change->change.field, ""), change->change.from);
        if (change->change.to.isEmpty())
            m_told.states.remove(change->change.field);
        else
            m_told.states.insert(change->change.field, change->change.to);
    }

    Incidents::Told m_told;
    std::optional<NodeRow> m_node;
    IncidentRow m_last;
};

PRESENCE_TEST(TestNodeChanges)
#include "tst_nodechanges.moc"
