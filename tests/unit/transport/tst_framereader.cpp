// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/testregistry.h"
#include "tests/unit/transport/clientframe.h"
#include "tests/unit/transport/transcript.h"

#include <QRandomGenerator>
#include <QTest>

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;
using namespace Qt::StringLiterals;

namespace {

QByteArray head(const char *hex)
{
    return QByteArray::fromHex(hex);
}

QByteArray closePayload(quint16 code, QByteArrayView reason = {})
{
    QByteArray payload(2, '\0');
    qToBigEndian(code, payload.data());
    return payload.append(reason);
}

void addRow(const char *name, const QByteArray &bytes, const QByteArrayList &said)
{
    QTest::newRow(name) << bytes << said;
}

void addMessages()
{
    const QByteArray euro = "\xE2\x82\xAC"_ba;
    addRow("text", clientFrame(kFinalText, "Hello"), {"text:Hello"});
    addRow("empty text", clientFrame(kFinalText, ""), {"text:"});
    addRow("binary", clientFrame(kFinalBinary, "\xff\xfe"), {"binary:\xff\xfe"});
    for (const int size : {7, 8, 9, 125, 126, 127, 999, 1000}) {
        const QByteArray payload(size, 'x');
        QTest::addRow("%d bytes", size)
            << clientFrame(kFinalText, payload) << QByteArrayList{"text:" + payload};
    }
    addRow("two messages", clientFrame(kFinalText, "a") + clientFrame(kFinalText, "b"),
           {"text:a", "text:b"});
    addRow("ping, pong", clientFrame(kFinalPing, "p") + clientFrame(kFinalPong, ""),
           {"ping:p", "pong:"});
    addRow("ping of 125 bytes", clientFrame(kFinalPing, QByteArray(125, 'p')),
           {"ping:" + QByteArray(125, 'p')});
    addRow("fragments",
           clientFrame(0x01, "He") + clientFrame(0x00, "") + clientFrame(0x00, "ll")
               + clientFrame(0x80, "o"),
           {"text:Hello"});
    addRow("ping between fragments",
           clientFrame(0x02, "a") + clientFrame(kFinalPing, "p") + clientFrame(0x80, "b"),
           {"ping:p", "binary:ab"});
    addRow("character across fragments",
           clientFrame(0x01, euro.first(1)) + clientFrame(0x00, euro.mid(1, 1))
               + clientFrame(0x80, euro.mid(2)),
           {"text:" + euro});
    addRow("message after fragments",
           clientFrame(0x01, "a") + clientFrame(0x80, "b") + clientFrame(kFinalText, "c"),
           {"text:ab", "text:c"});
}

void addCloses()
{
    addRow("close without code", clientFrame(kFinalClose, ""), {"close:1005:"});
    addRow("close with reason", clientFrame(kFinalClose, closePayload(1000, "bye")),
           {"close:1000:bye"});
    addRow("close between fragments",
           clientFrame(0x01, "a") + clientFrame(kFinalClose, closePayload(1001)), {"close:1001:"});
    for (const quint16 code : {1000, 1001, 1002, 1003, 1007, 1011, 3000, 3999, 4000, 4999}) {
        QTest::addRow("close %d", code)
            << clientFrame(kFinalClose, closePayload(code))
            << QByteArrayList{"close:" + QByteArray::number(code) + ':'};
    }
    for (const quint16 code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
        QTest::addRow("close %d is refused", code)
            << clientFrame(kFinalClose, closePayload(code)) << QByteArrayList{"fault:1002"};
    }
    addRow("close with half a code", clientFrame(kFinalClose, "x"), {"fault:1002"});
    addRow("close with wrong reason", clientFrame(kFinalClose, closePayload(1000, "\xff")),
           {"fault:1007"});
    addRow("close with cut reason", clientFrame(kFinalClose, closePayload(1000, "\xE2\x82")),
           {"fault:1007"});
}

void addFrameFaults()
{
    addRow("unmasked", head("810548656c6c6f"), {"fault:1002"});
    addRow("unmasked close", head("8800"), {"fault:1002"});
    for (const int bit : {0x10, 0x20, 0x40})
        QTest::addRow("reserved bit %02x", bit)
            << clientFrame(static_cast<quint8>(kFinalText | bit), "a")
            << QByteArrayList{"fault:1002"};
    for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
        QTest::addRow("reserved opcode %d", opcode)
            << clientFrame(static_cast<quint8>(0x80 | opcode), "") << QByteArrayList{"fault:1002"};
    addRow("fragmented ping", clientFrame(0x09, ""), {"fault:1002"});
    addRow("ping of 126 bytes", clientFrame(kFinalPing, QByteArray(126, 'p')), {"fault:1002"});
    addRow("continuation of nothing", clientFrame(0x80, "a"), {"fault:1002"});
    addRow("continuation after the end",
           clientFrame(0x01, "a") + clientFrame(0x80, "b") + clientFrame(0x80, "c"),
           {"text:ab", "fault:1002"});
    addRow("new message between fragments", clientFrame(0x01, "a") + clientFrame(kFinalText, "b"),
           {"fault:1002"});
    addRow("16-bit length of 125", head("81fe007d00000000"), {"fault:1002"});
    addRow("64-bit length of 65535", head("81ff000000000000ffff00000000"), {"fault:1002"});
    addRow("64-bit length with top bit", head("81ff800000000000000000000000"), {"fault:1002"});
    addRow("too large", clientFrame(kFinalText, QByteArray(1001, 'x')), {"fault:1009"});
    addRow("too large over fragments",
           clientFrame(0x01, QByteArray(600, 'x')) + clientFrame(0x80, QByteArray(401, 'x')),
           {"fault:1009"});
    addRow("huge", head("82ff7fffffffffffffff00000000"), {"fault:1009"});
}

void addTexts()
{
    const std::initializer_list<std::pair<const char *, QByteArray>> wrongTexts{
        {"lone continuation", "a\x80"_ba},
        {"cut at the end", "a\xE2\x82"_ba},
        {"overlong slash", "\xC0\xAF"_ba},
        {"overlong 3", "\xE0\x80\xAF"_ba},
        {"overlong 4", "\xF0\x80\x80\xAF"_ba},
        {"surrogate", "\xED\xA0\x80"_ba},
        {"last surrogate", "\xED\xBF\xBF"_ba},
        {"U+110000", "\xF4\x90\x80\x80"_ba},
        {"fe", "\xFE"_ba},
        {"in a long text", QByteArray(64, 'x') + '\xFF'},
        {"ASCII in a character",
         "\xE2"
         "A\x82"_ba},
    };
    for (const auto &[name, text] : wrongTexts)
        QTest::addRow("text: %s", name)
            << clientFrame(kFinalText, text) << QByteArrayList{"fault:1007"};
    for (const QByteArray &text :
         {"\xED\x9F\xBF"_ba, "\xEE\x80\x80"_ba, "\xF4\x8F\xBF\xBF"_ba, "\xC2\x80"_ba,
          "\xE0\xA0\x80"_ba, "\xF0\x90\x80\x80"_ba, "\0"_ba})
        QTest::addRow("text %s", text.toHex().constData())
            << clientFrame(kFinalText, text) << QByteArrayList{"text:" + text};
}

} // namespace

class TestFrameReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saysWhatTheRfcSays_data();
    void saysWhatTheRfcSays();
    void saysTheSameHoweverTheBytesAreCut_data() { saysWhatTheRfcSays_data(); }
    void saysTheSameHoweverTheBytesAreCut();
    void randomStreamsSayTheSameWholeAndCut();
    void aMessageInOneReadIsAViewIntoIt();
    void holdsNothingBetweenMessages();
    void aWrongFirstByteIsRefusedBeforeTheRestCame();
    void aTooLargeMessageIsRefusedBeforeItsPayloadCame();
    void wrongTextIsRefusedBeforeItsEndCame();
};

void TestFrameReader::saysWhatTheRfcSays_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArrayList>("said");
    addMessages();
    addCloses();
    addFrameFaults();
    addTexts();
}

void TestFrameReader::saysWhatTheRfcSays()
{
    QFETCH(const QByteArray, bytes);
    FrameReader reader(1000);
    QTEST(transcriptOf(reader, bytes), "said");
}

void TestFrameReader::saysTheSameHoweverTheBytesAreCut()
{
    QFETCH(const QByteArray, bytes);
    for (qsizetype size = 1; size <= std::min<qsizetype>(bytes.size(), 40); ++size)
        QTEST(transcriptInPieces(bytes, [size] { return size; }), "said");
}

void TestFrameReader::randomStreamsSayTheSameWholeAndCut()
{
    QRandomGenerator random(20240501);
    const auto bounded = [&random](int limit) { return static_cast<int>(random.bounded(limit)); };
    for (int round = 0; round < 2000; ++round) {
        QByteArray bytes;
        for (int i = 0; i < 6; ++i) {
            QByteArray payload(bounded(200), Qt::Uninitialized);
            for (char &byte : payload)
                byte = static_cast<char>(bounded(round % 2 ? 128 : 256));
            const quint8 starts[] = {kFinalText, kFinalBinary, 0x01, 0x02, 0x00, 0x80, kFinalPing};
            bytes += clientFrame(starts[bounded(7)], payload);
        }
        if (round % 3 == 0)
            bytes[bounded(static_cast<int>(bytes.size()))] = static_cast<char>(bounded(256));
        FrameReader whole(1000);
        const QByteArrayList expected = transcriptOf(whole, bytes);
        QCOMPARE(transcriptInPieces(bytes, [&] { return 1 + bounded(90); }), expected);
    }
}

void TestFrameReader::aMessageInOneReadIsAViewIntoIt()
{
    FrameReader reader;
    QByteArray bytes = clientFrame(kFinalText, "Hello");
    std::span<char> input(bytes.data(), static_cast<size_t>(bytes.size()));
    const FrameEvent event = reader.next(input);
    QCOMPARE(event.payload.data(), bytes.constData() + 6);
    QVERIFY(input.empty());
}

void TestFrameReader::holdsNothingBetweenMessages()
{
    FrameReader reader;
    const QByteArray frame = clientFrame(kFinalText, QByteArray(500, 'x'));
    transcriptOf(reader, frame.first(300));
    QVERIFY(reader.isMidMessage());
    QVERIFY(reader.buffered() > 0);
    transcriptOf(reader, frame.sliced(300));
    QVERIFY(!reader.isMidMessage());
    QCOMPARE(reader.buffered(), 0);
}

void TestFrameReader::aWrongFirstByteIsRefusedBeforeTheRestCame()
{
    FrameReader reader;
    QCOMPARE(transcriptOf(reader, head("8105")), QByteArrayList{"fault:1002"});
}

void TestFrameReader::aTooLargeMessageIsRefusedBeforeItsPayloadCame()
{
    FrameReader reader(1000);
    QCOMPARE(transcriptOf(reader, clientFrame(kFinalText, QByteArray(1001, 'x')).first(8)),
             QByteArrayList{"fault:1009"});
    QCOMPARE(reader.buffered(), 0);
}

void TestFrameReader::wrongTextIsRefusedBeforeItsEndCame()
{
    FrameReader reader;
    const QByteArray frame = clientFrame(0x01, "\xED\xA0 and much more to come");
    QCOMPARE(transcriptOf(reader, frame.first(8)), QByteArrayList{"fault:1007"});
}

PRESENCE_TEST(TestFrameReader)
#include "tst_framereader.moc"
