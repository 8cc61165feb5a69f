// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/history.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::admin;
using namespace std::chrono_literals;

/// A whole two minutes.
static constexpr Milliseconds kMinutes{1'700'000'040s};

static Figures recordedAt(std::chrono::seconds after, qint64 users, qint64 joins)
{
    return {.time = kMinutes + after, .users = users, .totals = {.joins = joins, .messages = 1}};
}

/// What is recorded of the cluster's figures.
class TestHistory : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ratesAreThoseOfTheWholeInterval()
    {
        Figures now = recordedAt(10s, 1, 540);
        now.joins = 0; // in the last second
        now.peak.joins = 400;
        now.least = Rates{.joins = 2};
        const Figures recorded = since(recordedAt(0s, 1, 40), now);
        QCOMPARE(recorded.joins, 50.);
        QCOMPARE(recorded.peak.joins, 400.);
        QCOMPARE(recorded.least->joins, 2.);
    }

    void theAverageIsBetweenTheLeastAndThePeak()
    {
        Figures now = recordedAt(10s, 1, 540);
        now.peak.joins = 3; // the node that had more is gone
        now.least = Rates{.joins = 90};
        const Figures recorded = since(recordedAt(0s, 1, 40), now);
        QCOMPARE(recorded.peak.joins, 50.);
        QCOMPARE(recorded.least->joins, 50.);
    }

    void afterAnOutageRatesAreThoseOfTheLastSecond()
    {
        Figures now = recordedAt(60s, 1, 540);
        now.joins = 7;
        QCOMPARE(since(recordedAt(0s, 1, 40), now).joins, 7.);
        now.totals.joins = 3; // Redis was emptied
        QCOMPARE(since(recordedAt(50s, 1, 40), now).joins, 7.);
    }

    void twoMinutesHaveALeastAnAverageAndAMost()
    {
        std::vector<Figures> hour{recordedAt(-10s, 1000, 0)};
        for (const auto &[after, users] :
             {std::pair(0s, 10), std::pair(10s, 40), std::pair(110s, 70)})
            hour.push_back(recordedAt(after, users, 0));
        hour.back().joins = 5;
        hour.back().peak.joins = 25;
        hour.back().least = Rates{.joins = 1};
        hour.push_back(recordedAt(120s, 2000, 0));
        const auto summary = daySummary(hour, kMinutes + 130s, kMinutes);
        QVERIFY(summary);
        QVERIFY(summary->time == kMinutes + 120s);
        QVERIFY((summary->users == Span{10, 40, 70}));
        QVERIFY((summary->joins == Span{0, 5. / 3, 25}));
    }

    void twoMinutesAreToldOnceAndWhenTheyAreOver()
    {
        const std::vector<Figures> hour{recordedAt(0s, 1, 0), recordedAt(110s, 1, 0)};
        QVERIFY(!daySummary(hour, kMinutes + 119s, {}));
        QVERIFY(daySummary(hour, kMinutes + 120s, kMinutes));
        QVERIFY(!daySummary(hour, kMinutes + 130s, kMinutes + 120s));
        // Nothing was recorded in those that are over: a gap.
        QVERIFY(!daySummary(hour, kMinutes + 250s, kMinutes + 120s));
    }

    /// By a clock that was set back, what was told last is in the future.
    void aClockThatIsSetBackIsFollowed()
    {
        const std::vector<Figures> hour{recordedAt(0s, 1, 0), recordedAt(110s, 1, 0)};
        const auto summary = daySummary(hour, kMinutes + 130s, kMinutes + 3600s);
        QVERIFY(summary && summary->time == kMinutes + 120s);
        QVERIFY(isStormTold(kMinutes + 60s, kMinutes));
        QVERIFY(!isStormTold(kMinutes - 1s, kMinutes));
        QVERIFY(!isStormTold(kMinutes + 61s, kMinutes));
    }

    void aStormIsFarAboveTheHourBefore_data()
    {
        QTest::addColumn<int>("hour"); // joins a second in it
        QTest::addColumn<double>("joins");
        QTest::addColumn<bool>("isStorm");
        QTest::newRow("quiet") << 10 << 12. << false;
        QTest::newRow("four times as many") << 20 << 80. << false;
        QTest::newRow("five times as many") << 20 << 100. << true;
        QTest::newRow("many times a few") << 1 << 49. << false;
        QTest::newRow("of nobody") << 0 << 50. << true;
    }
    void aStormIsFarAboveTheHourBefore()
    {
        QFETCH(int, hour);
        QFETCH(double, joins);
        QFETCH(bool, isStorm);
        Figures now = recordedAt(610s, 1, 0);
        now.joins = joins;
        Figures oldest = recordedAt(0s, 1, 0);
        Figures last = recordedAt(600s, 1, hour * 600);
        oldest.least = last.least = Rates();
        const auto storm = stormIn(oldest, last, now);
        QCOMPARE(storm.has_value(), isStorm);
        if (storm)
            QCOMPARE(storm->usual, double(hour));
        oldest.time = last.time - 10s; // just started
        QVERIFY(!stormIn(oldest, last, now));
    }

    /// For an hour after an upgrade the oldest record is of the version before, which told no
    /// totals.
    void anUpgradeIsNoStorm()
    {
        Figures before{.time = kMinutes, .joins = 100};
        Figures last = recordedAt(3590s, 1, 10'000); // since the upgrade
        Figures now = recordedAt(3600s, 1, 11'000);
        last.least = now.least = Rates();
        now.joins = 100;
        QVERIFY(!stormIn(before, last, now));
        before.least = Rates();
        last.least.reset(); // beside nodes of that version
        QVERIFY(!stormIn(before, last, now));
    }
};

PRESENCE_TEST(TestHistory)
#include "tst_history.moc"
