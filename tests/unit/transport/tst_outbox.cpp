// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/outbox.h"
#include "tests/support/testregistry.h"

#include <QTest>

#include <array>
#include <sys/uio.h>

using namespace presence::transport;
using namespace Qt::StringLiterals;

static QByteArray unwritten(const Outbox &outbox)
{
    std::array<iovec, 8> vectors;
    const size_t count = outbox.gather(vectors);
    QByteArray bytes;
    for (const iovec &vector : std::span(vectors).first(count))
        bytes.append(static_cast<const char *>(vector.iov_base),
                     static_cast<qsizetype>(vector.iov_len));
    return bytes;
}

class TestOutbox : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void framesLeaveInOrderWhateverIsWrittenAtOnce();
    void aFrameIsSharedNotCopied();
    void gathersNoMoreThanThereIsRoomFor();
    void droppingKeepsTheFrameThatHasBegun();
    void droppingForgetsAllWhenNoneHasBegun();
    void aFrameOfTwoPartsStaysWhole();
    void whatWasSupersededIsDropped();
    void aFrameOfTwoPartsIsSupersededWhole();
    void whatHasBegunIsNotSuperseded();
    void manySmallFramesLeaveInManyWrites();
};

void TestOutbox::framesLeaveInOrderWhateverIsWrittenAtOnce()
{
    for (qsizetype step = 1; step <= 9; ++step) {
        Outbox outbox;
        outbox.push("abc"_ba);
        outbox.push(QByteArray());
        outbox.push("de"_ba);
        outbox.push("fghi"_ba);
        QByteArray expected = "abcdefghi"_ba;
        while (!outbox.isEmpty()) {
            QCOMPARE(unwritten(outbox), expected);
            QCOMPARE(outbox.bytes(), expected.size());
            const qsizetype written = std::min(step, expected.size());
            outbox.consume(written);
            expected.remove(0, written);
        }
        QVERIFY(expected.isEmpty());
        QCOMPARE(outbox.bytes(), 0);
    }
}

void TestOutbox::aFrameIsSharedNotCopied()
{
    const QByteArray frame(1000, 'x');
    Outbox outbox;
    outbox.push(frame);
    iovec vector;
    QCOMPARE(outbox.gather({&vector, 1}), size_t(1));
    QCOMPARE(static_cast<const char *>(vector.iov_base), frame.constData());
}

void TestOutbox::gathersNoMoreThanThereIsRoomFor()
{
    Outbox outbox;
    for (int i = 0; i < 20; ++i)
        outbox.push("x"_ba);
    QCOMPARE(unwritten(outbox), QByteArray(8, 'x'));
    QCOMPARE(outbox.bytes(), 20);
}

void TestOutbox::droppingKeepsTheFrameThatHasBegun()
{
    Outbox outbox;
    outbox.push("abc"_ba);
    outbox.push("def"_ba);
    outbox.consume(1);
    outbox.dropUnbegun();
    QCOMPARE(unwritten(outbox), "bc");
    QCOMPARE(outbox.bytes(), 2);
}

void TestOutbox::droppingForgetsAllWhenNoneHasBegun()
{
    Outbox outbox;
    outbox.push("abc"_ba);
    outbox.push("def"_ba);
    outbox.consume(3);
    outbox.dropUnbegun();
    QVERIFY(outbox.isEmpty());
    QCOMPARE(outbox.bytes(), 0);
}

void TestOutbox::aFrameOfTwoPartsStaysWhole()
{
    for (const int left : {1, 3, 4}) {
        Outbox outbox;
        outbox.push("abc"_ba, "def"_ba, 0);
        outbox.push("ghi"_ba);
        outbox.consume(left);
        outbox.dropUnbegun();
        QCOMPARE(unwritten(outbox), "abcdef"_ba.sliced(left));
        QCOMPARE(outbox.bytes(), 6 - left);
    }
    Outbox outbox;
    outbox.push("abc"_ba, "def"_ba, 0);
    outbox.push("abc"_ba, "def"_ba, 0);
    QCOMPARE(outbox.dropSuperseded(), 0);
    outbox.dropUnbegun();
    QVERIFY(outbox.isEmpty());
}

void TestOutbox::whatWasSupersededIsDropped()
{
    Outbox outbox;
    outbox.push("a1"_ba, 1);
    outbox.push("x"_ba);
    outbox.push("b1"_ba, 2);
    outbox.push("a2"_ba, 1);
    outbox.push("x"_ba);
    outbox.push("a3"_ba, 1);
    QCOMPARE(outbox.dropSuperseded(), 2);
    QCOMPARE(unwritten(outbox), "xb1xa3"_ba);
    QCOMPARE(outbox.bytes(), 6);
    QCOMPARE(outbox.dropSuperseded(), 0);
    outbox.consume(6);
    QVERIFY(outbox.isEmpty());
}

void TestOutbox::aFrameOfTwoPartsIsSupersededWhole()
{
    Outbox outbox;
    outbox.push("abc"_ba, "def"_ba, 1);
    outbox.push("ghi"_ba, 2);
    outbox.push("jkl"_ba, "mno"_ba, 1);
    QCOMPARE(outbox.dropSuperseded(), 1);
    QCOMPARE(unwritten(outbox), "ghijklmno"_ba);
    QCOMPARE(outbox.bytes(), 9);
    // Of one whose first part has left the second follows.
    Outbox begun;
    begun.push("abc"_ba, "def"_ba, 1);
    begun.push("jkl"_ba, "mno"_ba, 1);
    begun.consume(3);
    QCOMPARE(begun.dropSuperseded(), 0);
    QCOMPARE(unwritten(begun), "defjklmno"_ba);
}

void TestOutbox::whatHasBegunIsNotSuperseded()
{
    Outbox outbox;
    outbox.push("gone"_ba, 1);
    outbox.push("a1"_ba, 1);
    outbox.push("a2"_ba, 1);
    outbox.push("a3"_ba, 1);
    outbox.consume(5);
    QCOMPARE(outbox.dropSuperseded(), 1);
    QCOMPARE(unwritten(outbox), "1a3"_ba);
    QCOMPARE(outbox.bytes(), 3);
}

void TestOutbox::manySmallFramesLeaveInManyWrites()
{
    Outbox outbox;
    QByteArray expected;
    for (int i = 0; i < 1000; ++i) {
        const QByteArray frame = QByteArray::number(i);
        expected += frame;
        outbox.push(frame);
    }
    for (qsizetype step = 1; !outbox.isEmpty(); step = step % 13 + 1) {
        const QByteArray next = unwritten(outbox);
        QVERIFY(expected.startsWith(next));
        const qsizetype written = std::min(step, next.size());
        outbox.consume(written);
        expected.remove(0, written);
        if (step == 5) { // more comes meanwhile
            outbox.push("+"_ba);
            expected += '+';
            if (expected.size() > 4000)
                break;
        }
    }
    QCOMPARE(outbox.bytes(), expected.size());
}

PRESENCE_TEST(TestOutbox)
#include "tst_outbox.moc"
