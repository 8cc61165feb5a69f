// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/jsonview.h"
#include "tests/support/testregistry.h"
#include "tests/unit/protocol/parse.h"

#include <QTest>

using namespace presence;
using namespace presence::protocol;
using namespace Qt::StringLiterals;

class TestJsonView : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsWhatIsThere();
    void whatIsNotThereIsUndefined();
    void theLastOfTwoMembersCounts();
    void wholeNumbers_data();
    void wholeNumbers();
    void aNumberThatNothingHoldsIsNone();
    void halfASurrogatePairIsReplaced_data();
    void halfASurrogatePairIsReplaced();
    void refusesWhatIsNotJson_data();
    void refusesWhatIsNotJson();
};

void TestJsonView::readsWhatIsThere()
{
    const JsonView view = parse(R"({"text":"\u00e9\"","none":null,"list":["a",2],"in":{"x":"y"}})");
    QVERIFY(view.isObject());
    QCOMPARE(view.size(), 4U);
    QCOMPARE(view["text"].bytes(), "é\""_ba);
    QVERIFY(view["none"].isNull());
    QVERIFY(!view["none"].isGiven());
    QVERIFY(view["list"].isArray());
    QCOMPARE(view["list"].elements().size(), 2U);
    QCOMPARE(view["list"].elements()[0].toText(), std::optional("a"_ba));
    QCOMPARE(view["list"].elements()[1].toText(), std::optional("2"_ba));
    QCOMPARE(view["in"]["x"].bytes(), "y"_ba);
}

void TestJsonView::whatIsNotThereIsUndefined()
{
    const JsonView none;
    QVERIFY(none.isUndefined());
    QVERIFY(!none.isNull());
    QVERIFY(!none.isGiven());
    QVERIFY(none["a"]["b"].isUndefined());
    QVERIFY(none.elements().empty());
    QVERIFY(!none.toText());
    const JsonView text = parse("\"text\"");
    QVERIFY(text["a"].isUndefined());
    QVERIFY(text.elements().empty());
    QVERIFY(parse("{}")["a"].isUndefined());
}

void TestJsonView::theLastOfTwoMembersCounts()
{
    QCOMPARE(parse(R"({"a":"1","a":"2"})")["a"].bytes(), "2"_ba);
}

void TestJsonView::wholeNumbers_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<std::optional<qint64>>("whole");
    const auto row = [](const char *json, std::optional<qint64> whole) {
        QTest::newRow(json) << QByteArray(json) << whole;
    };
    row("0", 0);
    row("-7", -7);
    row("9223372036854775807", std::numeric_limits<qint64>::max());
    row("9223372036854775808", std::nullopt);
    row("3.0", 3);
    row("1e3", 1000);
    row("1.5", std::nullopt);
    row("1e300", std::nullopt);
    row("\"3\"", std::nullopt);
    row("true", std::nullopt);
    row("null", std::nullopt);
}

void TestJsonView::wholeNumbers()
{
    QFETCH(QByteArray, json);
    QFETCH(std::optional<qint64>, whole);
    QCOMPARE(parse(json).toWhole(), whole);
}

void TestJsonView::aNumberThatNothingHoldsIsNone()
{
    const JsonView view = parse(
        R"({"a":99999999999999999999,"b":[-1e400,1],"c":"1e400 \\\" 99999999999999999999","d":1.5})");
    QVERIFY(view.isObject());
    QVERIFY(!view["a"].toWhole());
    QVERIFY(!view["b"].elements()[0].toWhole());
    QCOMPARE(view["b"].elements()[1].toWhole(), std::optional(qint64(1)));
    QCOMPARE(view["c"].bytes(), R"(1e400 \" 99999999999999999999)");
    QCOMPARE(parse(R"({"a":"\ud800","b":1e999})")["b"].bytes(), "1e999");
    QVERIFY(!JsonView::parse("[1e999," + QByteArray(200'000, '"') + ']'));
    const QByteArray many = "[1e999" + QByteArray(",1e999").repeated(30'000) + ']';
    QCOMPARE(parse(many).size(), 30'001U);
    for (const char *wrong :
         {"[01]", "[1.]", "[1e400,]", "[1e400 2]", "[-]", "[1e400", "[99999999999999999999x]"})
        QVERIFY2(!JsonView::parse(wrong), wrong);
}

void TestJsonView::halfASurrogatePairIsReplaced_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("a pair") << R"("\ud83d\ude00")"_ba
                            << "😀"_ba;
    QTest::newRow("high at the end") << R"("a\ud83d")"_ba
                                     << "a\xef\xbf\xbd"_ba;
    QTest::newRow("high before text") << R"("\ud83dx\ud83d\ude00")"_ba
                                      << "\xef\xbf\xbdx😀"_ba;
    QTest::newRow("low alone") << R"("\uDE00a")"_ba
                               << "\xef\xbf\xbd"
                                  "a"_ba;
    QTest::newRow("two high") << R"("\ud83d\ud83d")"_ba
                              << "\xef\xbf\xbd\xef\xbf\xbd"_ba;
    QTest::newRow("no escape") << R"("\\ud83d\ud83d")"_ba
                               << "\\ud83d\xef\xbf\xbd"_ba;
}

void TestJsonView::halfASurrogatePairIsReplaced()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, text);
    QVERIFY(JsonView::parse(json));
    QCOMPARE(parse(json).bytes(), text);
}

void TestJsonView::refusesWhatIsNotJson_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("nothing") << ""_ba;
    QTest::newRow("cut short") << "{\"a\":"_ba;
    QTest::newRow("two values") << "{}{}"_ba;
    QTest::newRow("an escape cut short") << R"("\ud8)"_ba;
    QTest::newRow("an escape that is none") << R"("\ux83d")"_ba;
    QTest::newRow("not UTF-8") << "\"\xff\""_ba;
    QTest::newRow("a control character") << "\"\n\""_ba;
    QTest::newRow("too deep") << QByteArray(5000, '[') + QByteArray(5000, ']');
}

void TestJsonView::refusesWhatIsNotJson()
{
    QFETCH(QByteArray, json);
    const auto view = JsonView::parse(json);
    QVERIFY(!view);
    QCOMPARE(view.error().code, ErrorCode::Malformed);
}

PRESENCE_TEST(TestJsonView)
#include "tst_jsonview.moc"
