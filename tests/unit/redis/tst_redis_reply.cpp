// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/reply.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::redis;
using namespace Qt::StringLiterals;
using Kind = Reply::Kind;

class TestReply : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void integersAreReadFromIntegersAndDecimalStrings()
    {
        QCOMPARE(Reply::integer(-7).toInteger().value(), -7);
        QCOMPARE(Reply::text(Kind::String, "9223372036854775807"_ba).toInteger().value(),
                 std::numeric_limits<qint64>::max());
        QVERIFY(!Reply::text(Kind::String, "9223372036854775808"_ba).toInteger());
        QVERIFY(!Reply::text(Kind::String, "12x"_ba).toInteger());
        QVERIFY(!Reply::text(Kind::String, {}).toInteger());
        QVERIFY(!Reply::text(Kind::Error, "1"_ba).toInteger());
        QVERIFY(!Reply().toInteger());
    }

    void errorsAreKnownByTheirFirstWord()
    {
        const Reply error = Reply::text(Kind::Error, "NOSCRIPT No matching script."_ba);
        QVERIFY(error.isError());
        QVERIFY(error.isError("NOSCRIPT"));
        QVERIFY(!error.isError("NOSCR"));
        QVERIFY(Reply::text(Kind::Error, "LOADING"_ba).isError("LOADING"));
        QVERIFY(!Reply::text(Kind::String, "NOSCRIPT"_ba).isError("NOSCRIPT"));
    }

    void flatArraysBecomeHashes()
    {
        const auto text = [](const char *bytes) { return Reply::text(Kind::String, bytes); };
        const Reply reply
            = Reply::array({text("status"), text("busy"), text("n"), text("3"), text("odd")});
        const QHash<QByteArray, QByteArray> expected{{"status", "busy"}, {"n", "3"}};
        QCOMPARE(reply.toHash(), expected);
        QVERIFY(Reply().toHash().isEmpty());
    }

    void aMovedReplyKeepsItsBytesWhereTheyAre()
    {
        Reply reply = Reply::array({Reply::text(Kind::String, QByteArray(1000, 'x'))});
        const char *before = reply.elements().front().bytes().constData();
        const Reply moved = std::move(reply);
        QCOMPARE(static_cast<const void *>(moved.elements().front().bytes().constData()),
                 static_cast<const void *>(before));
    }
};

PRESENCE_TEST(TestReply)
#include "tst_redis_reply.moc"
