// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/replies.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::redis;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestReplies : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void pairsLeaveOutAnOddLastName();
    void nothingHasNoPairs();
    void timeIsSecondsAndMicroseconds();
    void whatIsRefusedIsNoTime();
    void aScanEndsWithZero();
    void whatIsRefusedIsNoScan();
};

static Reply string(const QByteArray &bytes)
{
    return Reply::text(Reply::Kind::String, bytes);
}

static Reply refusal()
{
    return Reply::text(Reply::Kind::Error, "LOADING Redis is loading the dataset in memory"_ba);
}

static Reply scan(const QByteArray &cursor)
{
    return Reply::array({string(cursor), Reply::array({string("a"), string("1")})});
}

void TestReplies::pairsLeaveOutAnOddLastName()
{
    const Reply reply
        = Reply::array({string("a"), string("1"), string("b"), string("2"), string("c")});
    QByteArrayList all;
    for (const auto &[name, value] : Pairs(reply))
        all << name.bytes() + '=' + value.bytes();
    QCOMPARE(all, QByteArrayList({"a=1", "b=2"}));
    QCOMPARE(Pairs(reply).size(), 2U);
}

void TestReplies::nothingHasNoPairs()
{
    const Reply nil;
    for (const auto &pair : Pairs(nil))
        QFAIL(pair.first.bytes().constData());
    QCOMPARE(Pairs(nil).size(), 0U);
}

void TestReplies::timeIsSecondsAndMicroseconds()
{
    const auto time = readTime(Reply::array({string("1795534790"), string("123456")}));
    QVERIFY(time);
    QVERIFY(time->time_since_epoch() == 1795534790s + 123456us);
}

void TestReplies::whatIsRefusedIsNoTime()
{
    QVERIFY(!readTime(refusal()));
    QVERIFY(!readTime(Reply()));
    QVERIFY(!readTime(Reply::array({string("1795534790"), string("soon")})));
}

void TestReplies::aScanEndsWithZero()
{
    const Reply middle = scan("17"_ba);
    const auto part = readScan(middle);
    QVERIFY(part);
    QCOMPARE(part->cursor, "17"_ba);
    QCOMPARE((*part->pairs.begin()).second.bytes(), "1"_ba);
    const Reply last = scan("0"_ba);
    QVERIFY(readScan(last)->cursor.isEmpty());
}

void TestReplies::whatIsRefusedIsNoScan()
{
    for (const Reply &reply :
         {refusal(), Reply::array({string("0")}), Reply::array({string("0"), string("1")})})
        QVERIFY(!readScan(reply));
}

PRESENCE_TEST(TestReplies)

#include "tst_redis_replies.moc"
