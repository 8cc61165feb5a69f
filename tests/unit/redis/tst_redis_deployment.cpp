// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/deployment.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace Qt::StringLiterals;

class TestDeployment : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void addressesAreRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("defaultPort");
        QTest::addColumn<QString>("host");
        QTest::addColumn<int>("port");
        QTest::newRow("IPv4") << u"10.0.0.1:7000"_s << 0 << u"10.0.0.1"_s << 7000;
        QTest::newRow("name") << u"redis-1.local:7000"_s << 0 << u"redis-1.local"_s << 7000;
        QTest::newRow("name only") << u"redis-1"_s << 26379 << u"redis-1"_s << 26379;
        QTest::newRow("own port") << u"redis-1:1"_s << 26379 << u"redis-1"_s << 1;
        QTest::newRow("last port") << u"redis-1:65535"_s << 0 << u"redis-1"_s << 65535;
        QTest::newRow("brackets") << u"[::1]:7000"_s << 0 << u"::1"_s << 7000;
        QTest::newRow("brackets only") << u"[::1]"_s << 26379 << u"::1"_s << 26379;
        QTest::newRow("no brackets") << u"2001:db8::1:7000"_s << 0 << u"2001:db8::1"_s << 7000;
    }

    void addressesAreRead()
    {
        QFETCH(QString, text);
        QFETCH(int, defaultPort);
        const auto address = Address::parse(text, quint16(defaultPort));
        QVERIFY2(address, address ? "" : qPrintable(address.error().detail));
        QTEST(address->host, "host");
        QTEST(int(address->port), "port");
        const auto again = Address::parse(address->toString());
        QVERIFY(again && *again == *address);
    }

    void whatIsNoAddressIsRefused_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("defaultPort");
        QTest::newRow("empty") << QString() << 26379;
        QTest::newRow("no port") << u"redis-1"_s << 0;
        QTest::newRow("brackets without a port") << u"[::1]"_s << 0;
        QTest::newRow("empty port") << u"redis-1:"_s << 26379;
        QTest::newRow("empty port behind brackets") << u"[::1]:"_s << 26379;
        QTest::newRow("port 0") << u"redis-1:0"_s << 26379;
        QTest::newRow("port too big") << u"redis-1:65536"_s << 26379;
        QTest::newRow("negative port") << u"redis-1:-1"_s << 26379;
        QTest::newRow("word for a port") << u"redis-1:redis"_s << 26379;
        QTest::newRow("no host") << u":7000"_s << 26379;
        QTest::newRow("empty brackets") << u"[]:7000"_s << 26379;
        QTest::newRow("only a colon") << u":"_s << 26379;
    }

    void whatIsNoAddressIsRefused()
    {
        QFETCH(QString, text);
        QFETCH(int, defaultPort);
        const auto address = Address::parse(text, quint16(defaultPort));
        QVERIFY(!address);
        QCOMPARE(int(address.error().code), int(ErrorCode::Invalid));
        QVERIFY(address.error().detail.contains(u'\'' + text + u'\''));
    }

    void aUrlIsRefusedAndNotRepeated_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("url") << u"redis://me:geheim@db:7000"_s;
        QTest::newRow("user") << u"me:geheim@db:7000"_s;
        QTest::newRow("without a port") << u"geheim@db"_s;
        QTest::newRow("path") << u"/geheim:7000"_s;
    }
    void aUrlIsRefusedAndNotRepeated()
    {
        QFETCH(QString, text);
        for (const auto &error :
             {Address::parse(text, 1).error(), Address::parseList(u"a:1,"_s + text, 1).error()}) {
            QCOMPARE(int(error.code), int(ErrorCode::Invalid));
            QVERIFY2(!error.detail.contains(u"geheim"_s), qPrintable(error.detail));
        }
    }

    void listsAreRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("addresses");
        QTest::newRow("one") << u"a"_s << QStringList{u"a:26379"_s};
        QTest::newRow("commas") << u"a,b:1"_s << QStringList{u"a:26379"_s, u"b:1"_s};
        QTest::newRow("spaces") << u" a  b:1\n"_s << QStringList{u"a:26379"_s, u"b:1"_s};
        QTest::newRow("both") << u"a, [::1]:1,,"_s << QStringList{u"a:26379"_s, u"[::1]:1"_s};
    }

    void listsAreRead()
    {
        QFETCH(QString, text);
        const auto addresses = Address::parseList(text, 26379);
        QVERIFY(addresses);
        QStringList all;
        for (const Address &address : *addresses)
            all.append(address.toString());
        QTEST(all, "addresses");
    }

    void aListNeedsOneAddressAndNoBadOne()
    {
        QVERIFY(!Address::parseList({}, 26379));
        QVERIFY(!Address::parseList(u" , "_s, 26379));
        const auto bad = Address::parseList(u"a:1 b:x"_s, 26379);
        QVERIFY(!bad);
        QVERIFY(bad.error().detail.contains(u"'b:x'"_s));
    }

    void addressesAreOrderedByHostAndThenByPort()
    {
        const Address a1{u"a"_s, 1};
        const Address a2{u"a"_s, 2};
        const Address b1{u"b"_s, 1};
        QVERIFY(a1 < a2 && a2 < b1 && a1 < b1);
        QVERIFY(a1 == (Address{u"a"_s, 1}) && a1 != a2 && a1 != b1);
    }

    void deploymentsAreShownWithoutSecrets()
    {
        Deployment deployment = Endpoint::parse(u"redis://me:secret@db:7000/3"_s).value();
        deployment.sentinel.username = "watcher"_ba;
        deployment.sentinel.password = "secret"_ba;
        deployment.nodes = {{u"a"_s, 1}, {u"::1"_s, 2}};
        deployment.masterName = "mymaster"_ba;
        QCOMPARE(deployment.kindName(), "single"_L1);
        QCOMPARE(deployment.toString(), u"db:7000 database 3"_s);
        deployment.kind = Deployment::Kind::Sentinel;
        QCOMPARE(deployment.kindName(), "sentinel"_L1);
        QCOMPARE(deployment.toString(), u"mymaster as told by the sentinels a:1, [::1]:2"_s);
        deployment.kind = Deployment::Kind::Cluster;
        QCOMPARE(deployment.kindName(), "cluster"_L1);
        QCOMPARE(deployment.toString(), u"the cluster of a:1, [::1]:2"_s);
    }

    void anotherPlaceKeepsWhoWeAre()
    {
        Endpoint endpoint = Endpoint::parse(u"unix:///run/redis.sock?db=2"_s).value();
        endpoint.password = "secret"_ba;
        const Endpoint other = at(endpoint, {u"b"_s, 1});
        QCOMPARE(other.toString(), u"b:1 database 2"_s);
        QCOMPARE(other.password, "secret"_ba);
        QCOMPARE(other.socketPath, QString());
    }
};

PRESENCE_TEST(TestDeployment)
#include "tst_redis_deployment.moc"
