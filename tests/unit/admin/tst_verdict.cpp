// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/verdict.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::admin;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using Level = Finding::Level;
using Master = rules::RedisState::Master;

static const Seconds kInstant{1'763'000'000s};

/// Nothing to say.
static Signs healthy()
{
    Signs signs{.now = kInstant, .node = "a"};
    signs.overview.redis.isReachable = true;
    signs.overview.figures.users = 51;
    signs.overview.archive = ArchiveFigures{.isAvailable = true};
    for (const char *name : {"a", "b"})
        signs.overview.nodes.push_back({.name = name, .seenAt = kInstant, .isAlive = true});
    signs.redisLatency = 200us;
    signs.redis.masters = {{.address = u"here"_s}};
    signs.redis.since = kInstant - 1h;
    signs.certificateEnds = kInstant + std::chrono::hours(90 * 24);
    return signs;
}

static QByteArrayList kindsOf(const Verdict &verdict)
{
    QByteArrayList kinds;
    for (const Finding &finding : verdict.findings)
        kinds.append(nameOf(finding.level) + ' ' + finding.kind);
    return kinds;
}

/// How the service is, by what is known of it.
class TestVerdict : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nothingWrongIsHealthy()
    {
        const Verdict verdict = judge(healthy());
        QCOMPARE(verdict.level, Verdict::Level::Healthy);
        QCOMPARE(kindsOf(verdict), QByteArrayList());
    }

    void aSignMakesAFinding_data()
    {
        QTest::addColumn<std::function<void(Signs &)>>("change");
        QTest::addColumn<QByteArray>("finding");
        using Change = std::function<void(Signs &)>;
        const auto row = [](const char *name, const Change &change, const char *finding) {
            QTest::newRow(name) << change << QByteArray(finding);
        };
        row(
            "node gone", [](Signs &s) { s.overview.nodes[1].isAlive = false; },
            "degraded node_unreachable");
        row(
            "node behind", [](Signs &s) { s.overview.nodes[1].isBehind = true; },
            "degraded node_behind");
        row(
            "node draining", [](Signs &s) { s.overview.nodes[1].isDraining = true; },
            "info node_draining");
        row(
            "loop late", [](Signs &s) { s.overview.nodes[1].lag = 250ms; },
            "degraded node_lagging");
        row(
            "loop a little late", [](Signs &s) { s.overview.nodes[1].lag = 249ms; }, "");
        row(
            "no answer", [](Signs &s) { s.awaySince = kInstant; }, "down redis_unreachable");
        row(
            "loading", [](Signs &s) { s.redis.masters[0].error = u"LOADING Redis is loading"_s; },
            "down redis_loading");
        row(
            "full", [](Signs &s) { s.redis.masters[0].error = u"OOM command not allowed"_s; },
            "down redis_refuses");
        row(
            "not reached",
            [](Signs &s) {
                s.redis.masters[0] = {u"here"_s, u"no answer within 2 s"_s, false};
            },
            "down redis_unreachable");
        row(
            "one master of two refuses",
            [](Signs &s) {
                s.redis.masters.push_back({u"there"_s, u"READONLY"_s});
            },
            "degraded redis_refuses");
        row(
            "one master of two is away",
            [](Signs &s) {
                s.redis.masters.push_back({u"there"_s, u"no answer within 2 s"_s, false});
                s.awaySince = kInstant; // what was asked was on it
            },
            "degraded redis_unreachable");
        row(
            "emptied", [](Signs &s) { s.lostAt = kInstant - 3s; }, "degraded redis_emptied");
        row(
            "slow", [](Signs &s) { s.redisLatency = 50ms; }, "degraded redis_slow");
        row(
            "not slow", [](Signs &s) { s.redisLatency = 49'999us; }, "");
        row(
            "ghosts", [](Signs &s) { s.overdue = 1; }, "degraded ghosts");
        row(
            "some come and go", [](Signs &s) { s.flapping = 10; }, "info flapping");
        row(
            "many come and go", [](Signs &s) { s.flapping = 11; }, "degraded flapping");
        row(
            "few of many users",
            [](Signs &s) {
                s.flapping = 100;
                s.overview.figures.users = 10'000;
            },
            "info flapping");
        row(
            "archive away", [](Signs &s) { s.overview.archive->isAvailable = false; },
            "degraded archive_unavailable");
        row(
            "archive late", [](Signs &s) { s.overview.archive->lag = 30s; },
            "degraded archive_behind");
        row(
            "no archive", [](Signs &s) { s.overview.archive.reset(); }, "");
        row(
            "certificate soon", [](Signs &s) { s.certificateEnds = kInstant + 167h; },
            "degraded certificate_expires");
        row(
            "certificate in a week", [](Signs &s) { s.certificateEnds = kInstant + 168h; }, "");
        row(
            "certificate over", [](Signs &s) { s.certificateEnds = kInstant; },
            "down certificate_expires");
        row(
            "no certificate", [](Signs &s) { s.certificateEnds.reset(); }, "");
    }
    void aSignMakesAFinding()
    {
        QFETCH(std::function<void(Signs &)>, change);
        QFETCH(QByteArray, finding);
        Signs signs = healthy();
        change(signs);
        const Verdict verdict = judge(signs);
        QCOMPARE(kindsOf(verdict), finding.isEmpty() ? QByteArrayList() : QByteArrayList{finding});
        const auto expected = finding.startsWith("down") ? Verdict::Level::Down
            : finding.startsWith("degraded")             ? Verdict::Level::Degraded
                                                         : Verdict::Level::Healthy;
        QCOMPARE(verdict.level, expected);
    }

    void aNodeIsMissedSinceItsLastSignOfLife()
    {
        Signs signs = healthy();
        signs.overview.nodes[1] = {.name = "d", .seenAt = kInstant - 20s, .devices = 23, .lag = 1s};
        const Verdict verdict = judge(signs);
        QCOMPARE(verdict.findings.size(), 1U);
        const Finding &gone = verdict.findings[0];
        QCOMPARE(gone.subject, "d"_ba);
        QVERIFY(gone.since == kInstant - 20s);
        QCOMPARE(gone.count, 23);
    }

    // Both say it: the node as a whole, and the connection that asked.
    void redisIsAwayOnce()
    {
        Signs signs = healthy();
        signs.overview = {};
        signs.awaySince = kInstant;
        signs.redis.masters = {{u"here"_s, u"no answer within 2 s"_s, false}};
        signs.redis.since = kInstant - 7s;
        const Verdict verdict = judge(signs);
        QCOMPARE(kindsOf(verdict), QByteArrayList{"down redis_unreachable"});
        QVERIFY(verdict.findings[0].since == kInstant - 7s);
    }

    void theWorstIsFirst()
    {
        Signs signs = healthy();
        signs.overview.nodes[0].isDraining = true;
        signs.flapping = 4;
        signs.overdue = 2;
        signs.redis.masters[0].error = u"MISCONF Redis is configured to save"_s;
        const Verdict verdict = judge(signs);
        QCOMPARE(kindsOf(verdict),
                 (QByteArrayList{"down redis_refuses", "degraded ghosts", "info node_draining",
                                 "info flapping"}));
        QCOMPARE(verdict.findings[0].detail, "MISCONF"_ba);
    }

    void thereIsAnEndToFindings()
    {
        Signs signs = healthy();
        signs.overview.nodes.assign(200, {.name = "n"});
        signs.redis.masters[0].error = u"OOM"_s;
        const Verdict verdict = judge(signs);
        QCOMPARE(verdict.findings.size(), kMostFindings);
        QCOMPARE(verdict.findings[0].kind, "redis_refuses"_ba);
        QCOMPARE(verdict.level, Verdict::Level::Down);
    }
};

PRESENCE_TEST(TestVerdict)
#include "tst_verdict.moc"
