// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/base64url.h"
#include "server/auth/tokencache.h"
#include "tests/support/testregistry.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace presence;
using namespace presence::auth;
using namespace Qt::StringLiterals;

static const QByteArray kSecret(32, 's');
static constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'700'000'000)};

class TestJwt : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsTheClaims();
    void knowsTheExampleOfTheStandard();
    void refuses_data();
    void refuses();
    void refusesEveryChangedByte();
    void checksIssuerAndAudience();
    void allowsForClocksThatDiffer();
    void anEndCanBeRequired();
    void whatIsThereTwiceIsRefused();
    void anAccessTokenIsAToken();
    void aTokenThatIsRememberedExpires();
    void aTokenThatIsRefusedIsNotRemembered();
};

static QJsonObject claims(QJsonObject more = {})
{
    more["sub"_L1] = u"alice"_s;
    return more;
}

void TestJwt::anEndCanBeRequired()
{
    const JwtVerifier verifier({.secret = kSecret, .requiresExpiry = true});
    QVERIFY(!verifier.verify(signToken(claims(), kSecret), kNow));
    QVERIFY(verifier.verify(signToken(claims({{"exp"_L1, 1'700'000'100}}), kSecret), kNow));
}

static QByteArray signedText(const QByteArray &header, const QByteArray &payload)
{
    const QByteArray text = toBase64Url(header) + '.' + toBase64Url(payload);
    return text + '.' + toBase64Url(HmacSha256(kSecret).digest(text));
}

void TestJwt::whatIsThereTwiceIsRefused()
{
    const JwtVerifier verifier({.secret = kSecret});
    const auto accepts = [&](const QByteArray &payload) {
        return verifier.verify(signedText(R"({"alg":"HS256"})", payload), kNow).has_value();
    };
    QVERIFY(accepts(R"({"sub":"alice","x":{"a:":1,"b":[{"a\\\":":2}]}})"));
    QVERIFY(!accepts(R"({"sub":"alice","sub":"bob"})"));
    QVERIFY(!accepts(R"({"sub":"alice","s\u0075b":"bob"})"));
    QVERIFY(!accepts(R"({"sub":"alice","x":[{"a":1,"a":1}]})"));
    QVERIFY(!accepts("\xEF\xBB\xBF{\"sub\":\"alice\"}"));
}

void TestJwt::anAccessTokenIsAToken()
{
    const JwtVerifier verifier({.secret = kSecret});
    for (const char *type : {"JWT", "jwt", "at+jwt", "application/at+JWT"}) {
        const QByteArray header = QByteArray(R"({"alg":"HS256","typ":")") + type + R"("})";
        QVERIFY2(verifier.verify(signedText(header, R"({"sub":"alice"})"), kNow), type);
    }
}

void TestJwt::aTokenThatIsRememberedExpires()
{
    const JwtVerifier verifier({.secret = kSecret});
    TokenCache cache(verifier);
    const QByteArray token = signToken(claims({{"exp"_L1, 1'700'000'100}}), kSecret);
    for (int i = 0; i < 2; ++i)
        QCOMPARE(cache.verify(token, kNow)->user, UserId("alice"));
    QVERIFY(cache.verify(token, kNow + std::chrono::seconds(129))); // the leeway
    QVERIFY(!cache.verify(token, kNow + std::chrono::seconds(130)));
    // More than it keeps.
    for (int i = 0; i < 3000; ++i) {
        const QByteArray other = signToken({{"sub"_L1, QString::number(i)}}, kSecret);
        QCOMPARE(cache.verify(other, kNow)->user, UserId(QByteArray::number(i)));
    }
    QCOMPARE(cache.verify(token, kNow)->user, UserId("alice"));
}

void TestJwt::aTokenThatIsRefusedIsNotRemembered()
{
    const JwtVerifier verifier({.secret = kSecret});
    TokenCache cache(verifier);
    const QByteArray token = signToken(claims({{"nbf"_L1, 1'700'000'100}}), kSecret);
    QVERIFY(!cache.verify(token, kNow));
    QVERIFY(cache.verify(token, kNow + std::chrono::seconds(100)));
    QVERIFY(!cache.verify(token + 'A', kNow));
    QVERIFY(!cache.verify({}, kNow));
}

void TestJwt::readsTheClaims()
{
    const QByteArray token = signToken(claims({{"scope"_L1, u"admin service"_s},
                                               {"workspaces"_L1, QJsonArray{u"acme"_s}},
                                               {"exp"_L1, 1'700'000'100}}),
                                       kSecret);
    const auto caller = JwtVerifier({.secret = kSecret}).verify(token, kNow);
    QVERIFY(caller);
    QCOMPARE(caller->user, UserId("alice"));
    QVERIFY(caller->isAdmin);
    QVERIFY(caller->isService);
    QCOMPARE(caller->workspaces, std::optional(QSet<WorkspaceId>{WorkspaceId("acme")}));
    QVERIFY(!caller->channels);
    QCOMPARE(caller->expiresAt, kNow + std::chrono::seconds(100));
}

void TestJwt::knowsTheExampleOfTheStandard()
{
    // RFC 7515, A.1: its key is not ours to choose, its claims have no sub: the signature is what
    // is found right.
    const QByteArray secret = QByteArray::fromBase64(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        QByteArray::Base64UrlEncoding);
    const QByteArray token
        = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
          "LmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const auto caller = JwtVerifier({.secret = secret}).verify(token, kNow);
    QVERIFY(!caller);
    QCOMPARE(caller.error().detail, u"token without a user"_s);
}

static QByteArray tokenWithHeader(const QByteArray &header)
{
    constexpr auto kBase64 = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;
    const QList<QByteArray> parts = signToken(claims(), kSecret).split('.');
    return header.toBase64(kBase64) + '.' + parts[1] + '.' + parts[2];
}

void TestJwt::refuses_data()
{
    QTest::addColumn<QByteArray>("token");
    const auto with = [](QJsonObject more) { return signToken(claims(std::move(more)), kSecret); };
    QTest::newRow("empty") << ""_ba;
    QTest::newRow("not a token") << "abc"_ba;
    QTest::newRow("two parts") << "a.b"_ba;
    QTest::newRow("another secret") << signToken(claims(), QByteArray(32, 't'));
    QTest::newRow("no user") << signToken({}, kSecret);
    QTest::newRow("user not an id") << signToken({{"sub"_L1, u"a b"_s}}, kSecret);
    QTest::newRow("expired") << with({{"exp"_L1, 1'699'999'000}});
    QTest::newRow("expiry not a number") << with({{"exp"_L1, u"tomorrow"_s}});
    QTest::newRow("not yet") << with({{"nbf"_L1, 1'700'001'000}});
    QTest::newRow("alg none") << tokenWithHeader(R"({"alg":"none"})");
    QTest::newRow("alg RS256") << tokenWithHeader(R"({"alg":"RS256"})");
    QTest::newRow("typ of something else") << tokenWithHeader(R"({"alg":"HS256","typ":"JOSE"})");
    QTest::newRow("typ not a text") << tokenWithHeader(R"({"alg":"HS256","typ":1})");
    QTest::newRow("a token in a token") << tokenWithHeader(R"({"alg":"HS256","cty":"JWT"})");
    QTest::newRow("payload not encoded") << tokenWithHeader(R"({"alg":"HS256","b64":false})");
    QTest::newRow("kid not a text") << tokenWithHeader(R"({"alg":"HS256","kid":1})");
    QTest::newRow("twice alg") << tokenWithHeader(R"({"alg":"HS256","alg":"HS256"})");
    QTest::newRow("a byte order mark") << tokenWithHeader("\xEF\xBB\xBF{\"alg\":\"HS256\"}");
    QTest::newRow("crit") << tokenWithHeader(R"({"alg":"HS256","crit":["x"]})");
    QTest::newRow("too long") << QByteArray(9000, 'a') + ".b.c";
    QTest::newRow("no signature") << signToken(claims(), kSecret).split('.').mid(0, 2).join('.')
            + '.';
}

void TestJwt::refuses()
{
    QFETCH(QByteArray, token);
    const auto caller = JwtVerifier({.secret = kSecret}).verify(token, kNow);
    QVERIFY(!caller);
    QCOMPARE(caller.error().code, ErrorCode::Unauthenticated);
}

void TestJwt::refusesEveryChangedByte()
{
    const QByteArray token = signToken(claims(), kSecret);
    const JwtVerifier verifier({.secret = kSecret});
    QVERIFY(verifier.verify(token, kNow));
    for (qsizetype i = 0; i < token.size(); ++i) {
        QByteArray changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        QVERIFY2(!verifier.verify(changed, kNow), changed.constData());
    }
    // Nor does another spelling of the same signature do.
    QVERIFY(!verifier.verify(token + '=', kNow));
    static constexpr char kDigits[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const char digit : QByteArray(kDigits)) {
        const QByteArray other = token.chopped(1) + digit;
        QCOMPARE(verifier.verify(other, kNow).has_value(), other == token);
    }
}

void TestJwt::checksIssuerAndAudience()
{
    const JwtVerifier verifier({.secret = kSecret, .issuer = u"chat"_s, .audience = u"presence"_s});
    const auto verify = [&](const QString &issuer, const QJsonValue &audience) {
        return verifier
            .verify(signToken(claims({{"iss"_L1, issuer}, {"aud"_L1, audience}}), kSecret), kNow)
            .has_value();
    };
    QVERIFY(verify(u"chat"_s, u"presence"_s));
    QVERIFY(verify(u"chat"_s, QJsonArray{u"mail"_s, u"presence"_s}));
    QVERIFY(!verify(u"mail"_s, u"presence"_s));
    QVERIFY(!verify(u"chat"_s, u"mail"_s));
    QVERIFY(!verifier.verify(signToken(claims(), kSecret), kNow));
}

void TestJwt::allowsForClocksThatDiffer()
{
    const JwtVerifier verifier({.secret = kSecret, .leeway = std::chrono::seconds(30)});
    const QByteArray token = signToken(claims({{"exp"_L1, 1'700'000'000}}), kSecret);
    QVERIFY(verifier.verify(token, kNow + std::chrono::seconds(29)));
    QVERIFY(!verifier.verify(token, kNow + std::chrono::seconds(30)));
}

PRESENCE_TEST(TestJwt)
#include "tst_jwt.moc"
