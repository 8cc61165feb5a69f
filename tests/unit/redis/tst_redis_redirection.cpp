// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/cluster/slotmap.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace Qt::StringLiterals;
using Kind = Reply::Kind;

static std::optional<Redirection> redirectionIn(const QByteArray &error,
                                                const QString &from = u"10.0.0.1"_s)
{
    return Redirection::in(Reply::text(Kind::Error, error), Address{from, 7000});
}

class TestRedirection : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theKindAndTheSlotAreRead()
    {
        const auto moved = redirectionIn("MOVED 3999 10.0.0.2:6381"_ba);
        QVERIFY(moved);
        QVERIFY(moved->kind == Redirection::Kind::Moved);
        QCOMPARE(moved->slot, 3999);
        const auto ask = redirectionIn("ASK 16383 10.0.0.2:6381"_ba);
        QVERIFY(ask);
        QVERIFY(ask->kind == Redirection::Kind::Ask);
        QCOMPARE(ask->slot, 16383);
    }

    void placesAreReadAsTheServerMeansThem_data()
    {
        QTest::addColumn<QByteArray>("place");
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        const QString v4 = u"10.0.0.1"_s;
        const QString v6 = u"2001:db8::1"_s;
        QTest::newRow("IPv4") << "10.0.0.2:6381"_ba << v4 << u"10.0.0.2:6381"_s;
        QTest::newRow("name") << "redis-1.local:6381"_ba << v4 << u"redis-1.local:6381"_s;
        QTest::newRow("no host") << ":6380"_ba << v4 << u"10.0.0.1:6380"_s;
        QTest::newRow("no host, of IPv6") << ":6380"_ba << v6 << u"[2001:db8::1]:6380"_s;
        QTest::newRow("no host, of a name") << ":6380"_ba << u"db"_s << u"db:6380"_s;
        QTest::newRow("IPv6") << "2001:db8::2:6380"_ba << v4 << u"[2001:db8::2]:6380"_s;
        QTest::newRow("IPv6 in brackets")
            << "[2001:db8::2]:6380"_ba << v4 << u"[2001:db8::2]:6380"_s;
        // It begins with a colon, but has a host.
        QTest::newRow("IPv6 of this machine") << "::1:6380"_ba << v4 << u"[::1]:6380"_s;
        QTest::newRow("IPv4 in IPv6")
            << "::ffff:10.0.0.2:6380"_ba << v4 << u"[::ffff:10.0.0.2]:6380"_s;
    }

    void placesAreReadAsTheServerMeansThem()
    {
        QFETCH(QByteArray, place);
        QFETCH(QString, from);
        for (const QByteArray &kind : {"MOVED 1 "_ba, "ASK 1 "_ba}) {
            const auto redirection = redirectionIn(kind + place, from);
            QVERIFY(redirection);
            QTEST(redirection->to.toString(), "to");
        }
    }

    void everythingElseIsNone_data()
    {
        QTest::addColumn<QByteArray>("error");
        QTest::newRow("another error") << "WRONGTYPE Operation against a key"_ba;
        QTest::newRow("longer word") << "MOVEDON 1 10.0.0.2:6381"_ba;
        QTest::newRow("the word only") << "MOVED"_ba;
        QTest::newRow("no place") << "MOVED 1"_ba;
        QTest::newRow("empty place") << "MOVED 1 "_ba;
        QTest::newRow("more words") << "MOVED 1 10.0.0.2:6381 now"_ba;
        QTest::newRow("no number") << "MOVED one 10.0.0.2:6381"_ba;
        QTest::newRow("negative slot") << "MOVED -1 10.0.0.2:6381"_ba;
        QTest::newRow("slot beyond the last") << "MOVED 16384 10.0.0.2:6381"_ba;
        QTest::newRow("no port") << "MOVED 1 10.0.0.2"_ba;
        QTest::newRow("empty port") << "MOVED 1 10.0.0.2:"_ba;
        QTest::newRow("port 0") << "MOVED 1 10.0.0.2:0"_ba;
        QTest::newRow("port too big") << "ASK 1 10.0.0.2:65536"_ba;
        QTest::newRow("no number for a port") << "ASK 1 10.0.0.2:redis"_ba;
        QTest::newRow("host that nobody knows") << "MOVED 1 ?:6381"_ba;
    }

    void everythingElseIsNone()
    {
        QFETCH(QByteArray, error);
        QVERIFY(!redirectionIn(error));
    }

    void onlyAnErrorRedirects()
    {
        const Address from{u"10.0.0.1"_s, 7000};
        const QByteArray words = "MOVED 1 10.0.0.2:6381"_ba;
        QVERIFY(!Redirection::in(Reply::text(Kind::String, words), from));
        QVERIFY(!Redirection::in(Reply::text(Kind::Status, words), from));
        QVERIFY(!Redirection::in(Reply(), from));
    }
};

PRESENCE_TEST(TestRedirection)
#include "tst_redis_redirection.moc"
