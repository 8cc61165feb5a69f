// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/cluster/slotmap.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace Qt::StringLiterals;
using Kind = Reply::Kind;

static const Address kAsked{u"10.0.0.1"_s, 7000};

static Reply text(const QByteArray &bytes)
{
    return Reply::text(Kind::String, bytes);
}

static Reply node(const Reply &host, qint64 port)
{
    return Reply::array({host, Reply::integer(port), text("0123456789abcdef"_ba)});
}

static Reply range(qint64 first, qint64 last, const std::vector<Reply> &nodes)
{
    std::vector<Reply> fields{Reply::integer(first), Reply::integer(last)};
    fields.insert(fields.end(), nodes.begin(), nodes.end());
    return Reply::array(std::move(fields));
}

static Result<SlotMap> mapFrom(std::vector<Reply> ranges)
{
    return SlotMap::from(Reply::array(std::move(ranges)), kAsked);
}

/// Nothing when nobody serves it.
static QString masterOf(const Result<SlotMap> &map, int slot)
{
    const Address *master = map ? map->masterOf(slot) : nullptr;
    return master ? master->toString() : QString();
}

class TestSlotMap : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // Slots that were computed by redis-server 7.0.15, by CLUSTER KEYSLOT.
    void slotsAreThoseOfRedis_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<int>("slot");
        QTest::newRow("the specification's") << "123456789"_ba << (0x31C3 & 16383);
        QTest::newRow("empty") << ""_ba << 0;
        QTest::newRow("foo") << "foo"_ba << 12182;
        QTest::newRow("binary") << "\xFF\x00\xFE"_ba << 434;
        QTest::newRow("presence key") << "presence:user:{u1}:devices"_ba << 4574;
    }

    void slotsAreThoseOfRedis()
    {
        QFETCH(QByteArray, key);
        QTEST(slotOf(key), "slot");
    }

    void theFirstHashTagCounts_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("hashed");
        QTest::newRow("tag") << "{user1000}.following"_ba
                             << "user1000"_ba;
        QTest::newRow("tag in the middle") << "a{user1000}b"_ba
                                           << "user1000"_ba;
        QTest::newRow("two tags") << "foo{bar}{zap}"_ba
                                  << "bar"_ba;
        QTest::newRow("brace in a tag") << "foo{{bar}}zap"_ba
                                        << "{bar"_ba;
        QTest::newRow("closed before") << "}a{b}"_ba
                                       << "b"_ba;
    }

    void theFirstHashTagCounts()
    {
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, hashed);
        QCOMPARE(slotOf(key), slotOf("{" + hashed + "}"));
        if (!hashed.contains('{'))
            QCOMPARE(slotOf(key), slotOf(hashed));
    }

    // The slots of CLUSTER KEYSLOT again: hashing a part would give another.
    void aKeyWithoutATagIsHashedWhole_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<int>("slot");
        QTest::newRow("empty tag") << "foo{}{bar}"_ba << 8363;
        QTest::newRow("empty tag first") << "{}x"_ba << 10595;
        QTest::newRow("never closed") << "foo{bar"_ba << 15278;
        QTest::newRow("never opened") << "foo}bar"_ba << 7223;
    }

    void aKeyWithoutATagIsHashedWhole()
    {
        QFETCH(QByteArray, key);
        QTEST(slotOf(key), "slot");
    }

    void aMapSaysWhoServesWhat()
    {
        const auto map = mapFrom({
            range(0, 5460, {node(text("10.0.0.1"_ba), 7000), node(text("10.0.0.4"_ba), 7003)}),
            range(5461, 10922, {node(text("10.0.0.2"_ba), 7001)}),
            range(10923, 16383, {node(text("10.0.0.3"_ba), 7002), node(text("10.0.0.4"_ba), 7003)}),
        });
        QVERIFY(map);
        QCOMPARE(map->covered(), kSlots);
        QCOMPARE(masterOf(map, 0), u"10.0.0.1:7000"_s);
        QCOMPARE(masterOf(map, 5460), u"10.0.0.1:7000"_s);
        QCOMPARE(masterOf(map, 5461), u"10.0.0.2:7001"_s);
        QCOMPARE(masterOf(map, 16383), u"10.0.0.3:7002"_s);
        QCOMPARE(map->masters().size(), size_t(3));
        QCOMPARE(map->replicas(), (std::vector<Address>{{u"10.0.0.4"_s, 7003}}));
    }

    void oneMasterOfManyRangesIsListedOnce()
    {
        const Reply master = node(text("10.0.0.1"_ba), 7000);
        const auto map = mapFrom({range(0, 0, {master}), range(2, 2, {master})});
        QVERIFY(map);
        QCOMPARE(map->masters().size(), size_t(1));
        QCOMPARE(map->covered(), 2);
    }

    void slotsThatNobodyServesAreKnownAsSuch()
    {
        const auto map = mapFrom({range(100, 200, {node(text("10.0.0.1"_ba), 7000)})});
        QVERIFY(map);
        QCOMPARE(map->covered(), 101);
        QCOMPARE(masterOf(map, 99), QString());
        QCOMPARE(masterOf(map, 100), u"10.0.0.1:7000"_s);
        QCOMPARE(masterOf(map, 200), u"10.0.0.1:7000"_s);
        QCOMPARE(masterOf(map, 201), QString());
    }

    void aMapOfNothingServesNothing()
    {
        QCOMPARE(SlotMap().covered(), 0);
        QVERIFY(!SlotMap().masterOf(kSlots - 1));
        const auto map = mapFrom({});
        QVERIFY(map);
        QCOMPARE(*map, SlotMap());
    }

    void placesAreReadAsTheServerMeansThem_data()
    {
        QTest::addColumn<Reply>("master");
        QTest::addColumn<QString>("place");
        QTest::newRow("nil is who was asked") << node(Reply(), 7001) << u"10.0.0.1:7001"_s;
        QTest::newRow("empty is who was asked") << node(text({}), 7001) << u"10.0.0.1:7001"_s;
        QTest::newRow("nobody knows") << node(text("?"_ba), 7001) << QString();
        QTest::newRow("IPv6") << node(text("2001:db8::1"_ba), 7001) << u"[2001:db8::1]:7001"_s;
        QTest::newRow("name") << node(text("redis-1.local"_ba), 7001) << u"redis-1.local:7001"_s;
        QTest::newRow("port 0") << node(text("10.0.0.2"_ba), 0) << QString();
        QTest::newRow("port too big") << node(text("10.0.0.2"_ba), 65536) << QString();
        QTest::newRow("negative port") << node(text("10.0.0.2"_ba), -1) << QString();
        QTest::newRow("metadata") << Reply::array(
            {text("10.0.0.2"_ba), Reply::integer(7001), text("id"_ba),
             Reply::array({text("hostname"_ba), text("redis-1.local"_ba)})})
                                  << u"10.0.0.2:7001"_s;
        QTest::newRow("without an id")
            << Reply::array({text("10.0.0.2"_ba), Reply::integer(7001)}) << u"10.0.0.2:7001"_s;
        QTest::newRow("no array") << text("10.0.0.2:7001"_ba) << QString();
        QTest::newRow("no port") << Reply::array({text("10.0.0.2"_ba)}) << QString();
    }

    void nodesThatAreToGoByANameAndHaveNoneAreListedOnce()
    {
        const Reply nameless = Reply::array({text("?"_ba), Reply::integer(7001), text("07c37d"_ba),
                                             Reply::array({text("ip"_ba), text("10.0.0.2"_ba)})});
        const auto map = mapFrom({range(0, 9, {nameless}), range(10, 19, {nameless})});
        QVERIFY(map);
        QCOMPARE(map->nameless(), QStringList{u"07c37d (10.0.0.2:7001)"_s});
        const auto named = mapFrom({range(0, 9, {node(text("redis-1.local"_ba), 7001)})});
        QVERIFY(named && named->nameless().isEmpty());
    }

    void placesAreReadAsTheServerMeansThem()
    {
        QFETCH(Reply, master);
        const auto asMaster = mapFrom({range(0, 9, {master})});
        QVERIFY(asMaster);
        QTEST(masterOf(asMaster, 5), "place");
        QCOMPARE(asMaster->covered(), masterOf(asMaster, 5).isEmpty() ? 0 : 10);
        const auto asReplica = mapFrom({range(0, 9, {node(text("10.0.0.9"_ba), 1), master})});
        QVERIFY(asReplica);
        QCOMPARE(asReplica->covered(), 10);
        const auto &replicas = asReplica->replicas();
        QTEST(replicas.empty() ? QString() : replicas[0].toString(), "place");
    }

    void whatIsNoMapIsRefused_data()
    {
        const Reply master = node(text("10.0.0.1"_ba), 7000);
        QTest::addColumn<Reply>("reply");
        QTest::newRow("nil") << Reply();
        QTest::newRow("error") << Reply::text(Kind::Error, "ERR no cluster"_ba);
        QTest::newRow("status") << Reply::text(Kind::Status, "OK"_ba);
        QTest::newRow("number") << Reply::integer(1);
        QTest::newRow("array of texts") << Reply::array({text("x"_ba)});
        QTest::newRow("range without a node") << Reply::array({range(0, 1, {})});
        QTest::newRow("beyond the last") << Reply::array({range(0, kSlots, {master})});
        QTest::newRow("negative") << Reply::array({range(-1, 5, {master})});
        QTest::newRow("backwards") << Reply::array({range(6, 5, {master})});
        QTest::newRow("huge") << Reply::array({range(1LL << 40, (1LL << 40) + 1, {master})});
        QTest::newRow("texts for numbers")
            << Reply::array({Reply::array({text("a"_ba), text("b"_ba), master})});
        QTest::newRow("one bad of two")
            << Reply::array({range(0, 1, {master}), range(7, 3, {master})});
    }

    void whatIsNoMapIsRefused()
    {
        QFETCH(Reply, reply);
        const auto map = SlotMap::from(reply, kAsked);
        QVERIFY(!map);
        QCOMPARE(int(map.error().code), int(ErrorCode::Malformed));
    }
};

PRESENCE_TEST(TestSlotMap)
#include "tst_redis_slotmap.moc"
