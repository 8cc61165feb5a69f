// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/framewriter.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::transport;
using namespace Qt::StringLiterals;
using protocol::CloseCode;

class TestFrameWriter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theLengthTakesTheShortestForm_data();
    void theLengthTakesTheShortestForm();
    void theOpcodeIsInAFinalFrame();
    void aCloseFrameHasCodeAndReason();
    void aCodeThatIsNeverSentIsLeftOut();
    void aLongReasonIsCutBetweenCharacters();
};

void TestFrameWriter::theLengthTakesTheShortestForm_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<QByteArray>("head");
    QTest::newRow("0") << 0 << "8100"_ba;
    QTest::newRow("125") << 125 << "817d"_ba;
    QTest::newRow("126") << 126 << "817e007e"_ba;
    QTest::newRow("65535") << 65535 << "817effff"_ba;
    QTest::newRow("65536") << 65536 << "817f0000000000010000"_ba;
}

void TestFrameWriter::theLengthTakesTheShortestForm()
{
    QFETCH(const int, size);
    QFETCH(const QByteArray, head);
    const QByteArray payload(size, 'x');
    QCOMPARE(encodeFrame(Opcode::Text, payload), QByteArray::fromHex(head) + payload);
}

void TestFrameWriter::theOpcodeIsInAFinalFrame()
{
    QCOMPARE(encodeFrame(Opcode::Binary, "a").toHex(), "820161");
    QCOMPARE(encodeFrame(Opcode::Ping, "a").toHex(), "890161");
    QCOMPARE(encodeFrame(Opcode::Pong, "a").toHex(), "8a0161");
}

void TestFrameWriter::aCloseFrameHasCodeAndReason()
{
    QCOMPARE(encodeClose(CloseCode::Normal, "bye").toHex(), "880503e8627965");
}

void TestFrameWriter::aCodeThatIsNeverSentIsLeftOut()
{
    QCOMPARE(encodeClose(CloseCode::NoStatus).toHex(), "8800");
    QCOMPARE(encodeClose(CloseCode::Abnormal).toHex(), "8800");
}

void TestFrameWriter::aLongReasonIsCutBetweenCharacters()
{
    const QByteArray frame
        = encodeClose(CloseCode::GoingAway, QByteArray(122, 'x') + "\xE2\x82\xAC");
    QCOMPARE(frame.size(), 2 + 2 + 122);
    QCOMPARE(frame.at(1), char(124));
    QCOMPARE(encodeClose(CloseCode::GoingAway, QByteArray(200, 'x')).size(), 2 + 125);
}

PRESENCE_TEST(TestFrameWriter)
#include "tst_framewriter.moc"
