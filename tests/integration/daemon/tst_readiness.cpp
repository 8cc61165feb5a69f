// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/daemonprocess.h"
#include "tests/support/redisdeployment.h"
#include "tests/support/restclient.h"
#include "tests/support/testregistry.h"
#include "tests/support/token.h"

#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

/// Whether a node of a cluster is to be sent clients.
class TestReadiness : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // Every node sees the same: were it not ready, there would be none.
    void oneMasterOfThreeThatIsFullKeepsNobodyOut()
    {
        RedisDeployment redis({}, RedisDeployment::Kind::Cluster);
        QVERIFY(redis.start());
        auto environment = redis.environment();
        environment.insert({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                            {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                            {u"PRESENCE_SHARDS"_s, u"2"_s}});
        DaemonProcess daemon(environment);
        QVERIFY(daemon.start());
        RestClient admin(daemon.port(), tokenFor(u"root"_s, {{"scope"_L1, "admin"_L1}}));
        const auto status
            = [&admin] { return admin.get(u"/health"_s).json()["status"_L1].toString(); };
        QTRY_COMPARE(status(), "healthy"_L1);
        const QStringList full{u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"1"_s};
        redis.server(1).cli(full);
        QTRY_COMPARE_WITH_TIMEOUT(status(), "degraded"_L1, 20'000);
        const QString address = u"127.0.0.1:%1"_s.arg(redis.server(1).port());
        QJsonObject health = admin.get(u"/health"_s).json();
        QVERIFY(health["redis"_L1]["refusing"_L1][address].toString().startsWith("OOM"_L1));
        // By whichever shard answers.
        for (int i = 0; i < 20; ++i) {
            RestClient probe(daemon.port());
            QCOMPARE(probe.get(u"/health/ready"_s).status, 200);
        }
        redis.server(0).cli(full);
        redis.server(2).cli(full);
        QTRY_COMPARE_WITH_TIMEOUT(admin.get(u"/health/ready"_s).status, 503, 20'000);
        for (size_t i = 0; i < redis.masters(); ++i)
            redis.server(i).cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"0"_s});
        QTRY_COMPARE_WITH_TIMEOUT(status(), "healthy"_L1, 20'000);
        QCOMPARE(admin.get(u"/health/ready"_s).status, 200);
        QVERIFY(daemon.output().contains("takes no changes: OOM"));
    }
};

PRESENCE_TEST(TestReadiness)
#include "tst_readiness.moc"
