// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/replyreader.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace Qt::StringLiterals;
using Kind = Reply::Kind;

namespace {

struct Read
{
    std::vector<Reply> replies;
    QString error;
};

// Feeds slices of `step` bytes and takes out what is whole after each.
Read readAll(const QByteArray &bytes, qsizetype step, qsizetype maxReply = ReplyReader::kMaxReply)
{
    ReplyReader reader(maxReply);
    Read read;
    for (qsizetype at = 0; at < bytes.size(); at += step) {
        reader.feed(QByteArrayView(bytes).sliced(at, std::min(step, bytes.size() - at)));
        for (;;) {
            Result<std::optional<Reply>> next = reader.next();
            if (!next) {
                read.error = next.error().detail;
                return read;
            }
            if (!*next)
                break;
            read.replies.push_back(std::move(**next));
        }
    }
    return read;
}

Reply text(const char *bytes)
{
    return Reply::text(Kind::String, bytes);
}

const QByteArray kStream = "+OK\r\n"
                           "-WRONGTYPE Operation\r\n"
                           ":-42\r\n"
                           "$-1\r\n"
                           "*-1\r\n"
                           "$0\r\n\r\n"
                           "$6\r\na\r\nb\0c\r\n"
                           "*0\r\n"
                           "*4\r\n:1\r\n*2\r\n$1\r\nx\r\n*1\r\n$1\r\ny\r\n$-1\r\n+last\r\n"_ba;

std::vector<Reply> expected()
{
    return {Reply::text(Kind::Status, "OK"_ba),
            Reply::text(Kind::Error, "WRONGTYPE Operation"_ba),
            Reply::integer(-42),
            Reply(),
            Reply(),
            text(""),
            Reply::text(Kind::String, "a\r\nb\0c"_ba),
            Reply::array({}),
            Reply::array({Reply::integer(1), Reply::array({text("x"), Reply::array({text("y")})}),
                          Reply(), Reply::text(Kind::Status, "last"_ba)})};
}

} // namespace

class TestReplyReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyKindIsRead()
    {
        const Read read = readAll(kStream, ReplyReader::kSlice);
        QCOMPARE(read.error, QString());
        QVERIFY(read.replies == expected());
    }

    void aStreamMayBeCutAtEveryByte()
    {
        for (qsizetype step = 1; step < kStream.size(); ++step) {
            const Read read = readAll(kStream, step);
            QCOMPARE(read.error, QString());
            QVERIFY2(read.replies == expected(), qPrintable(u"step %1"_s.arg(step)));
        }
    }

    void garbageIsRefusedForGood_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("http") << "HTTP/1.1 400 Bad Request\r\n\r\n"_ba;
        QTest::newRow("unknown type") << "!3\r\nabc\r\n"_ba;
        QTest::newRow("resp3 map") << "%1\r\n+a\r\n+b\r\n"_ba;
        QTest::newRow("resp3 set") << "~1\r\n+a\r\n"_ba;
        QTest::newRow("resp3 push") << ">1\r\n+a\r\n"_ba;
        QTest::newRow("resp3 double") << ",1.5\r\n"_ba;
        QTest::newRow("resp3 boolean") << "#t\r\n"_ba;
        QTest::newRow("resp3 big number") << "(12345678901234567890\r\n"_ba;
        QTest::newRow("resp3 verbatim string") << "=7\r\ntxt:abc\r\n"_ba;
        QTest::newRow("zero bytes") << QByteArray(8, '\0');
        QTest::newRow("an array of more than can come") << "*2147483647\r\n"_ba;
        QTest::newRow("nested") << "*1\r\n"_ba.repeated(9) + ":1\r\n"_ba;
    }

    void garbageIsRefusedForGood()
    {
        QFETCH(QByteArray, bytes);
        ReplyReader reader;
        reader.feed(bytes);
        const auto first = reader.next();
        QVERIFY(!first);
        QCOMPARE(int(first.error().code), int(ErrorCode::Malformed));
        reader.feed("+OK\r\n");
        const auto second = reader.next();
        QVERIFY(!second);
        QCOMPARE(second.error().detail, first.error().detail);
    }

    void theDeepestNestingIsRead()
    {
        const QByteArray open = "*1\r\n"_ba.repeated(ReplyReader::kMaxNesting);
        const Read read = readAll(open + ":5\r\n", 3);
        QCOMPARE(read.error, QString());
        const Reply *reply = &read.replies.at(0);
        for (int depth = 0; depth < ReplyReader::kMaxNesting; ++depth)
            reply = &reply->elements().at(0);
        QVERIFY(*reply == Reply::integer(5));
        QVERIFY(!readAll("*1\r\n" + open + ":5\r\n", 3).error.isEmpty());
    }

    void aReplyMayBeAsLongAsTheLimitAndNoLonger()
    {
        const QByteArray bytes = "$100000\r\n"_ba + QByteArray(100'000, 'b') + "\r\n"_ba;
        const Read whole = readAll(bytes, ReplyReader::kSlice, bytes.size());
        QCOMPARE(whole.error, QString());
        QCOMPARE(whole.replies.at(0).bytes().size(), 100'000);
        QVERIFY(readAll(bytes, ReplyReader::kSlice, 50'000).error.contains(u"50000"_s));
    }

    void manySmallRepliesAreNotOneLongReply()
    {
        const Read read = readAll(":1\r\n"_ba.repeated(50'000), ReplyReader::kSlice, 20'000);
        QCOMPARE(read.error, QString());
        QCOMPARE(read.replies.size(), size_t(50'000));
    }

    void aLineWithoutEndIsRefusedEarly()
    {
        const Read read = readAll("+"_ba + QByteArray(8'000'000, 'x'), ReplyReader::kSlice);
        QVERIFY(read.error.contains(u"65536"_s));
        QVERIFY(read.replies.empty());
    }

    void unfinishedArraysAreLetGo()
    {
        ReplyReader reader;
        reader.feed("*3\r\n$3\r\nabc\r\n*2\r\n+x\r\n");
        const auto next = reader.next();
        QVERIFY(next.has_value());
        QVERIFY(!next->has_value());
    }
};

PRESENCE_TEST(TestReplyReader)
#include "tst_redis_replyreader.moc"
