// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/rosterstate.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::hub;
using namespace Qt::StringLiterals;

static const UserId kAnna("anna");
static const UserId kBob("bob");

class TestRosterState : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void changesShowOnlyWhenTheyAreTaken();
    void aBurstOfChangesIsOne();
    void whatComesAndGoesWithinAWindowIsNothing();
    void replacingTellsJustTheDifference();
    void replacingForgetsWhatWasPending();
    void whatIsThereAgainWithItsRefIsNothing();
    void whoIsShownIsInTheOrderOfIds();
    void writesTheFormatOfPhoenix();
};

void TestRosterState::changesShowOnlyWhenTheyAreTaken()
{
    RosterState state;
    state.set(kAnna, "m1");
    QVERIFY(state.shown().empty());
    const auto changes = state.takeChanges();
    QCOMPARE(changes.size(), 1);
    QCOMPARE(changes[0].before, ""_ba);
    QCOMPARE(changes[0].after, "m1"_ba);
    QCOMPARE(state.shown(kAnna), "m1"_ba);
    QVERIFY(state.takeChanges().isEmpty());
}

void TestRosterState::aBurstOfChangesIsOne()
{
    RosterState state;
    state.set(kAnna, "m1");
    (void)state.takeChanges();
    state.set(kAnna, "m2");
    state.set(kAnna, "m3");
    const auto changes = state.takeChanges();
    QCOMPARE(changes.size(), 1);
    QCOMPARE(changes[0].before, "m1"_ba);
    QCOMPARE(changes[0].after, "m3"_ba);
}

void TestRosterState::whatComesAndGoesWithinAWindowIsNothing()
{
    RosterState state;
    state.set(kAnna, "m1");
    state.set(kAnna, {});
    QVERIFY(state.takeChanges().isEmpty());
    QVERIFY(state.shown().empty());
}

void TestRosterState::replacingTellsJustTheDifference()
{
    RosterState state;
    state.set(kAnna, "a1");
    state.set(kBob, "b1");
    (void)state.takeChanges();
    state.replace({{kAnna, "a1"}, {UserId("carl"), "c1"}});
    auto changes = state.takeChanges();
    QCOMPARE(changes.size(), 2);
    std::sort(changes.begin(), changes.end(),
              [](const auto &a, const auto &b) { return a.user < b.user; });
    QCOMPARE(changes[0].user, kBob);
    QVERIFY(changes[0].after.isEmpty());
    QCOMPARE(changes[1].after, "c1"_ba);
}

void TestRosterState::replacingForgetsWhatWasPending()
{
    RosterState state;
    state.set(kAnna, "a1");
    state.replace({});
    QVERIFY(state.takeChanges().isEmpty());
}

// Clients take metas with the ref of one that leaves out of their list.
void TestRosterState::whatIsThereAgainWithItsRefIsNothing()
{
    RosterState state;
    state.set(kAnna, R"({"phx_ref":"12","online_at":100})");
    (void)state.takeChanges();
    state.replace({{kAnna, R"({"phx_ref":"12","online_at":200})"}});
    QVERIFY(state.takeChanges().isEmpty());
    state.set(kAnna, R"({"phx_ref":"123","online_at":200})");
    QCOMPARE(state.takeChanges().size(), 1);
}

void TestRosterState::whoIsShownIsInTheOrderOfIds()
{
    const auto ids = [](const RosterState &state) {
        QByteArrayList users;
        for (const auto &[user, meta] : state.shown())
            users.append(user.bytes() + '=' + meta);
        return users.join(' ');
    };
    RosterState state;
    state.begin({{UserId("d"), "1"}, {UserId("b"), "1"}, {UserId("f"), "1"}});
    QCOMPARE(ids(state), "b=1 d=1 f=1"_ba);
    for (const char *user : {"g", "a", "e"})
        state.set(UserId(user), "2");
    state.set(UserId("d"), {});
    state.set(UserId("b"), "3");
    QCOMPARE(state.takeChanges().size(), 5);
    QCOMPARE(ids(state), "a=2 b=3 e=2 f=1 g=2"_ba);
    QCOMPARE(state.shown(UserId("f")), "1"_ba);
    QVERIFY(state.shown(UserId("d")).isNull());
}

void TestRosterState::writesTheFormatOfPhoenix()
{
    QCOMPARE(
        toDiff({{kAnna, R"({"phx_ref":"1"})", R"({"phx_ref":"2"})"}}),
        R"({"joins":{"anna":{"metas":[{"phx_ref":"2"}]}},"leaves":{"anna":{"metas":[{"phx_ref":"1"}]}}})"_ba);
    QCOMPARE(toDiff({{kAnna, {}, "{}"}, {kBob, "{}", {}}}),
             R"({"joins":{"anna":{"metas":[{}]}},"leaves":{"bob":{"metas":[{}]}}})"_ba);
    QCOMPARE(toState({{kAnna, "{}"}}), R"({"anna":{"metas":[{}]}})"_ba);
    QCOMPARE(toState({}), "{}"_ba);
}

PRESENCE_TEST(TestRosterState)
#include "tst_rosterstate.moc"
