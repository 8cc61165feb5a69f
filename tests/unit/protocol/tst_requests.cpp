// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/requests.h"
#include "tests/support/testregistry.h"
#include "tests/unit/protocol/parse.h"

#include <QTest>

using namespace presence;
using namespace presence::protocol;
using namespace Qt::StringLiterals;

class TestRequests : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aFieldLeftOutStaysAndNullClears();
    void namesTheFieldThatIsWrong_data();
    void namesTheFieldThatIsWrong();
    void acceptsTheLimits();
    void charactersAreCountedAsPeopleDo();
    void textThatIsCostlyToNormalizeIsRefusedUnread();
    void statusMayBeLeftOut();
    void userIdsKeepTheirOrderAndAreAnsweredOnce();
    void pagesHaveDefaultsAndLimits();
};

void TestRequests::aFieldLeftOutStaysAndNullClears()
{
    const auto change = parseStatusChange(parse(R"({"status":"busy","emoji":null})"));
    QVERIFY(change);
    QCOMPARE(change->status, Status::Busy);
    QVERIFY(!change->customMessage);
    QCOMPARE(change->emoji, std::optional(""_ba));
    QVERIFY(!change->clearAfter);
}

void TestRequests::namesTheFieldThatIsWrong_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("field");
    const auto with = [](const char *field, const QByteArray &value) {
        return R"({"status":"online",")"_ba + field + "\":" + value + '}';
    };
    QTest::newRow("no status") << "{}"_ba << u"status"_s;
    QTest::newRow("unknown status") << R"({"status":"asleep"})"_ba << u"status"_s;
    QTest::newRow("status a number") << R"({"status":1})"_ba << u"status"_s;
    QTest::newRow("status in capitals") << R"({"status":"Online"})"_ba << u"status"_s;
    QTest::newRow("message a number") << with("custom_message", "1") << u"custom_message"_s;
    QTest::newRow("message too long")
        << with("custom_message", '"' + QByteArray(141, 'm') + '"') << u"custom_message"_s;
    QTest::newRow("emoji too long")
        << with("emoji", '"' + QByteArray("\xf0\x9f\x98\x80").repeated(17) + '"') << u"emoji"_s;
    QTest::newRow("clear_after 0") << with("clear_after", "0") << u"clear_after"_s;
    QTest::newRow("clear_after negative") << with("clear_after", "-5") << u"clear_after"_s;
    QTest::newRow("clear_after a fraction") << with("clear_after", "1.5") << u"clear_after"_s;
    QTest::newRow("clear_after 31 days") << with("clear_after", "2678400") << u"clear_after"_s;
    QTest::newRow("clear_after too many digits")
        << with("clear_after", "99999999999999999999") << u"clear_after"_s;
    QTest::newRow("clear_after too large") << with("clear_after", "1e400") << u"clear_after"_s;
    QTest::newRow("status null") << R"({"status":null,"emoji":"x"})"_ba << u"status"_s;
    QTest::newRow("message with a line end")
        << with("custom_message", R"("a\nb")") << u"custom_message"_s;
    QTest::newRow("message with DEL") << with("custom_message", "\"a\x7f\"") << u"custom_message"_s;
    QTest::newRow("message with half a character")
        << with("custom_message", R"("a\ud83d")") << u"custom_message"_s;
    QTest::newRow("message of few characters and many bytes")
        << with("custom_message", QByteArray("\"a") + QByteArray("\xCC\xB2").repeated(600) + '"')
        << u"custom_message"_s;
    QTest::newRow("emoji with a control character") << with("emoji", R"("\u0007")") << u"emoji"_s;
    QTest::newRow("message that turns what is around it")
        << with("custom_message", R"("a\u202Eb")") << u"custom_message"_s;
    QTest::newRow("message that isolates what is after it")
        << with("custom_message", R"("\u2066a")") << u"custom_message"_s;
    QTest::newRow("message of two lines")
        << with("custom_message", R"("a\u2028b")") << u"custom_message"_s;
    QTest::newRow("message with a space of no width")
        << with("custom_message", R"("a\u200Bb")") << u"custom_message"_s;
    QTest::newRow("message that cannot be seen")
        << with("custom_message", R"("\u200D\u200E")") << u"custom_message"_s;
    QTest::newRow("clear_after text") << with("clear_after", "\"60\"") << u"clear_after"_s;
}

void TestRequests::namesTheFieldThatIsWrong()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, field);
    const auto change = parseStatusChange(parse(json));
    QVERIFY(!change);
    QCOMPARE(change.error().code, ErrorCode::Invalid);
    QCOMPARE(change.error().field, field);
}

void TestRequests::acceptsTheLimits()
{
    // 140 characters are 560 bytes here: characters count, not bytes or UTF-16 units.
    const QByteArray message = QByteArray("\xf0\x9f\x98\x80").repeated(140);
    const QByteArray emoji = QByteArray("\xf0\x9f\x98\x80").repeated(16);
    const auto change
        = parseStatusChange(parse(R"({"status":"away","custom_message":")" + message
                                  + R"(","emoji":")" + emoji + R"(","clear_after":2592000})"));
    QVERIFY(change);
    QCOMPARE(*change->customMessage, message);
    QCOMPARE(change->clearAfter, std::optional(std::chrono::seconds(2592000)));
}

void TestRequests::charactersAreCountedAsPeopleDo()
{
    const auto messageOf = [](const QByteArray &text) {
        const auto change = parseStatusChange(parse(R"({"custom_message":")" + text + "\"}"));
        return change ? *change->customMessage : change.error().detail.toUtf8();
    };
    // A family of four is one, of seven code points and 25 bytes.
    const QByteArray family
        = QString::fromUcs4(U"\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466").toUtf8();
    QCOMPARE(messageOf(family.repeated(40)), family.repeated(40));
    QCOMPARE(messageOf(family.repeated(41)), "must be at most 1000 bytes");
    // An e and an accent are one, and the same as the letter that has it.
    QCOMPARE(messageOf(QByteArray("e\xCC\x81").repeated(140)),
             QByteArray("\xC3\xA9").repeated(140));
    QCOMPARE(messageOf(QByteArray("e\xCC\x81").repeated(141)), "must be at most 140 characters");
}

// Sorting the marks of a letter takes the square of them.
void TestRequests::textThatIsCostlyToNormalizeIsRefusedUnread()
{
    const auto marks = [](int count) {
        return "a" + QByteArray("\xCC\x95").repeated(count)
            + QByteArray("\xCC\xA7").repeated(count);
    };
    for (const auto *field : {"custom_message", "emoji"}) {
        const auto change = parseStatusChange(
            parse(R"({"status":"online",")"_ba + field + "\":\"" + marks(60'000) + "\"}"));
        QVERIFY(!change);
        QCOMPARE(change.error().field, QLatin1StringView(field));
    }
}

void TestRequests::statusMayBeLeftOut()
{
    const auto change = parseStatusChange(parse(R"({"custom_message":"lunch"})"));
    QVERIFY(change);
    QVERIFY(!change->status);
    QCOMPARE(change->customMessage, std::optional("lunch"_ba));
    QVERIFY(!parseStatusChange(parse(R"({"clear_after":60})"))->status);
}

void TestRequests::userIdsKeepTheirOrderAndAreAnsweredOnce()
{
    const auto users = parseUserIds(parse(R"({"user_ids":["b","a","b",7]})"), 10);
    QVERIFY(users);
    QCOMPARE(*users, (std::vector{UserId("b"), UserId("a"), UserId("7")}));
    QVERIFY(parseUserIds(parse(R"({"user_ids":[]})"), 10)->empty());
    for (const char *wrong : {R"({})", R"({"user_ids":null})", R"({"user_ids":"a"})",
                              R"({"user_ids":["a b"]})", R"({"user_ids":["1","2","3"]})"})
        QVERIFY2(!parseUserIds(parse(wrong), 2), wrong);
}

void TestRequests::pagesHaveDefaultsAndLimits()
{
    const auto page = parsePage({}, 100);
    QVERIFY(page);
    QCOMPARE(page->limit, 100);
    QCOMPARE(page->offset, 0);
    QVERIFY(!page->after);
    QCOMPARE(parsePage({.limit = "1000"_ba, .offset = "5"_ba}, 100)->limit, 1000);
    QCOMPARE(parsePage({.limit = "1000"_ba, .offset = "5"_ba}, 100)->offset, 5);
    QCOMPARE(parsePage({.after = "42"_ba}, 100)->after, UserId("42"));
    for (const char *limit : {"0", "1001", "ten"})
        QCOMPARE(parsePage({.limit = limit}, 100).error().field, u"limit"_s);
    QCOMPARE(parsePage({.offset = "-1"_ba}, 100).error().field, u"offset"_s);
    QCOMPARE(parsePage({.after = "no id"_ba}, 100).error().field, u"after"_s);
    QCOMPARE(parsePage({.offset = "1"_ba, .after = "42"_ba}, 100).error().field, u"after"_s);
}

PRESENCE_TEST(TestRequests)
#include "tst_requests.moc"
