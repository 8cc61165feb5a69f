// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/payer.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::limits;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

static const UserId kAnna("anna");
static const UserId kBob("bob");
static const QHostAddress kHome(u"192.0.2.1"_s);
static const QHostAddress kOffice(u"2001:db8::1"_s);

/// Two of everything a user, three an address.
static Limits few()
{
    Limits few;
    few.user.fill({.count = 1, .per = 60s, .burst = 2});
    few.address.fill({.count = 1, .per = 60s, .burst = 3});
    few.userConnections = 2;
    few.userWatched = 2;
    few.deviceMoves = {.count = 1, .per = 60s, .burst = 2};
    return few;
}

class TestLimiter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aUserPaysWhereverItIs();
    void anAddressPaysForAllOfItsUsers();
    void operatorsTokensHaveNoRate();
    void aChangeIsPaidByWhoseItIs();
    void debtRefusesTheNext();
    void oneThatGoesOnLeavesOthersOfItsAddressNoDebt();
    void whoConnectsAgainAndAgainAsksForTooMuch();
    void connectionsAndWatchedAreHeldAndGivenBack();
    void aDeviceMovesSoOften();
    void whoReturnsHasNoMoreThanBefore();
    void refusalsAreCounted();
    void aFloodOfRefusalsIsFewLines();
    void newConnectionsOfAnAddressAreLimited();
    void memoryIsShortAboveItsBudget();
};

void TestLimiter::aUserPaysWhereverItIs()
{
    Limiter limiter(few());
    const Payer atHome(limiter, kAnna, kHome, false);
    const Payer atWork(limiter, kAnna, kOffice, false);
    QVERIFY(atHome.take(Spending::Joins));
    QVERIFY(atWork.take(Spending::Joins));
    const auto refused = atWork.take(Spending::Joins);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::RateLimited);
    QCOMPARE(refused.error().detail, u"slow_down"_s);
    QCOMPARE(refused.error().limit, u"user_joins"_s);
    QVERIFY(refused.error().retryAfter > 50s && refused.error().retryAfter <= 60s);
    QVERIFY(atHome.take(Spending::Rows));
}

void TestLimiter::anAddressPaysForAllOfItsUsers()
{
    Limiter limiter(few());
    QVERIFY(Payer(limiter, kAnna, kHome, false).take(Spending::Rows, 2));
    QVERIFY(Payer(limiter, kBob, kHome, false).take(Spending::Rows));
    const auto refused = Payer(limiter, kBob, kHome, false).take(Spending::Rows);
    QVERIFY(!refused);
    QCOMPARE(refused.error().limit, u"address_rows"_s);
    QVERIFY(Payer(limiter, UserId("carl"), kOffice, false).take(Spending::Rows));
}

void TestLimiter::operatorsTokensHaveNoRate()
{
    Limiter limiter(few());
    const Payer service(limiter, kAnna, kHome, true);
    for (int i = 0; i < 100; ++i)
        QVERIFY(service.take(Spending::Requests) && service.holdConnection());
}

void TestLimiter::aChangeIsPaidByWhoseItIs()
{
    Limiter limiter(few());
    const Payer service(limiter, UserId("service"), kHome, true);
    QVERIFY(service.takeChange(kAnna, false) && service.takeChange(kAnna, false));
    QVERIFY(!service.takeChange(kAnna, false));
    QVERIFY(service.takeChange(kBob, false));
    QVERIFY(service.takeChange(kAnna, true));
}

void TestLimiter::debtRefusesTheNext()
{
    Limiter limiter(few());
    const Payer payer(limiter, kAnna, kHome, false);
    QVERIFY(payer.take(Spending::Snapshots, 0, Payer::Debt::Allowed));
    QVERIFY(payer.take(Spending::Snapshots, 100, Payer::Debt::Allowed));
    const auto refused = payer.take(Spending::Snapshots, 0, Payer::Debt::Allowed);
    QVERIFY(!refused);
    QVERIFY(refused.error().retryAfter > 90min);
}

void TestLimiter::oneThatGoesOnLeavesOthersOfItsAddressNoDebt()
{
    Limiter limiter(few());
    const Payer anna(limiter, kAnna, kHome, false);
    const Payer bob(limiter, UserId("bob"), kHome, false);
    QVERIFY(anna.owes(Spending::Messages));
    anna.charge(Spending::Messages, 1'000);
    anna.charge(Spending::Messages, 1'000);
    const auto owed = anna.owes(Spending::Messages);
    QVERIFY(!owed);
    QVERIFY(owed.error().retryAfter > 1900min); // both, with what was owed already
    QVERIFY(bob.owes(Spending::Messages));
    bob.charge(Spending::Messages, 1); // of three an address
    QVERIFY(bob.owes(Spending::Messages));
    bob.charge(Spending::Messages, 1);
    QCOMPARE(bob.owes(Spending::Messages).error().limit, u"address_messages"_s);
}

void TestLimiter::whoConnectsAgainAndAgainAsksForTooMuch()
{
    Limiter limiter(few());
    const Payer payer(limiter, kAnna, kHome, false);
    for (int i = 0; i < 2; ++i) {
        QVERIFY(payer.holdConnection());
        payer.releaseConnection();
    }
    const auto refused = payer.holdConnection();
    QVERIFY(!refused);
    QCOMPARE(refused.error().limit, u"user_requests"_s);
    QCOMPARE(payer.account()->connections.load(), 0);
}

void TestLimiter::connectionsAndWatchedAreHeldAndGivenBack()
{
    Limits limits = few();
    limits.user[static_cast<size_t>(Spending::Requests)] = {};
    limits.address[static_cast<size_t>(Spending::Requests)] = {};
    Limiter limiter(limits);
    const Payer payer(limiter, kAnna, kHome, false);
    QVERIFY(payer.holdConnection() && payer.holdConnection());
    QVERIFY(!payer.holdConnection());
    payer.releaseConnection();
    QVERIFY(payer.holdConnection());
    QVERIFY(payer.holdWatched(2));
    const auto refused = payer.holdWatched(1);
    QVERIFY(!refused);
    QCOMPARE(refused.error().detail, u"watching too many users"_s);
    QVERIFY(payer.holdWatched(-1));
    QVERIFY(payer.holdWatched(1));
}

void TestLimiter::aDeviceMovesSoOften()
{
    Limiter limiter(few());
    const Payer payer(limiter, kAnna, kHome, false);
    const DeviceId web("web");
    for (const char *workspace : {"w1", "w1", "w2", "w3", "w3"})
        QVERIFY(payer.takeMove(kAnna, web, WorkspaceId(workspace)));
    const auto refused = payer.takeMove(kAnna, web, WorkspaceId("w4"));
    QVERIFY(!refused);
    QCOMPARE(refused.error().limit, u"device_moves"_s);
    QVERIFY(refused.error().retryAfter > 50s);
    QVERIFY(payer.takeMove(kAnna, web, WorkspaceId("w3")));
    // Two tabs that come back again and again.
    for (int i = 0; i < 10; ++i) {
        QVERIFY(payer.takeMove(kAnna, web, WorkspaceId("w2")));
        QVERIFY(payer.takeMove(kAnna, web, WorkspaceId("w3")));
    }
    QVERIFY(!payer.takeMove(kAnna, web, WorkspaceId("w1")));
    QVERIFY(payer.takeMove(kAnna, DeviceId("phone"), WorkspaceId("w4")));
}

void TestLimiter::whoReturnsHasNoMoreThanBefore()
{
    Limiter limiter(few());
    {
        const Payer payer(limiter, kAnna, kHome, false);
        QVERIFY(payer.take(Spending::Rows, 2));
        limiter.user(kBob);
    }
    for (int i = 0; i < 100; ++i)
        limiter.sweep();
    QCOMPARE(limiter.userCount(), size_t(1));
    QCOMPARE(limiter.addressCount(), size_t(1));
    QVERIFY(!Payer(limiter, kAnna, kHome, false).take(Spending::Rows));
}

void TestLimiter::refusalsAreCounted()
{
    Limiter limiter(few());
    const Payer payer(limiter, kAnna, kHome, false);
    QVERIFY(payer.take(Spending::Activity, 2));
    for (int i = 0; i < 3; ++i)
        QVERIFY(!payer.take(Spending::Activity));
    QCOMPARE(limiter.limited(Limit::UserActivity), 3);
    QCOMPARE(limiter.limited(Limit::AddressActivity), 0);
}

void TestLimiter::aFloodOfRefusalsIsFewLines()
{
    Account account(Account::Of::User, "anna");
    QCOMPARE(account.name(), "user=anna");
    const Account::TimePoint start{1h};
    QCOMPARE(account.noteRefusal(start), 1);
    for (int i = 1; i < 10; ++i)
        QCOMPARE(account.noteRefusal(start + std::chrono::seconds(i)), 0);
    QCOMPARE(account.noteRefusal(start + 10s), 10);
    QCOMPARE(account.noteRefusal(start + 11s), 0);
}

void TestLimiter::newConnectionsOfAnAddressAreLimited()
{
    Limits limits{.addressConnections = 3};
    limits.addressAccepts = {1, std::chrono::seconds(3600), 4};
    Limiter limiter(limits);
    const auto office = limiter.address(QHostAddress(u"192.0.2.1"_s));
    office->connections = 2;
    QVERIFY(limiter.takeConnection(*office));
    office->connections = 3; // as many as it may have
    QVERIFY(!limiter.takeConnection(*office));
    QCOMPARE(limiter.limited(Limit::AddressConnections), 1);
    office->connections = 0; // they have gone, but come too fast
    QVERIFY(limiter.takeConnection(*office));
    QVERIFY(limiter.takeConnection(*office));
    QVERIFY(!limiter.takeConnection(*office));
    QCOMPARE(limiter.limited(Limit::AddressAccepts), 1);
    QVERIFY(limiter.takeConnection(*limiter.address(QHostAddress(u"192.0.2.2"_s))));
}

void TestLimiter::memoryIsShortAboveItsBudget()
{
    Limiter limiter({.memory = 1000});
    limiter.setMemory(1000);
    QVERIFY(!limiter.isMemoryShort());
    limiter.setMemory(1001);
    QVERIFY(limiter.isMemoryShort());
    limiter.setMemory(900);
    QVERIFY(!limiter.isMemoryShort());
}

PRESENCE_TEST(TestLimiter)
#include "tst_limiter.moc"
