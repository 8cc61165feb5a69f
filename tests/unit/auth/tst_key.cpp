// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/base64url.h"
#include "server/auth/keyset.h"
#include "tests/support/testregistry.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace presence;
using namespace presence::auth;
using namespace Qt::StringLiterals;

static QJsonObject json(const char *text)
{
    return QJsonDocument::fromJson(text).object();
}

// RFC 7515, A.2 and A.3; RFC 8037, A.4; and one made with RSA-PSS, of the key of A.2.
static const QJsonObject kRsa = json(
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})");
static const QJsonObject kEc = json(
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
static const QJsonObject kOkp
    = json(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
static constexpr char kClaims[] = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                                  "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

static QJsonObject with(QJsonObject jwk, const QJsonObject &more)
{
    for (auto it = more.begin(); it != more.end(); ++it)
        jwk[it.key()] = it.value();
    return jwk;
}

class TestKey : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void knowsTheExamplesOfTheStandards_data();
    void knowsTheExamplesOfTheStandards();
    void anAlgorithmIsOfTheKey_data();
    void anAlgorithmIsOfTheKey();
    void refuses_data();
    void refuses();
    void aSetSkipsWhatItDoesNotUse();
    void aSetFindsByNameAndAlgorithm();
    void aSetTriesFewOfThoseThatAreNotNamed();
    void aSetIsStrict_data();
    void aSetIsStrict();
    void base64UrlHasOneSpelling();
};

void TestKey::knowsTheExamplesOfTheStandards_data()
{
    QTest::addColumn<QJsonObject>("jwk");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("signature");
    QTest::newRow("RS256, RFC 7515 A.2")
        << kRsa << "eyJhbGciOiJSUzI1NiJ9."_ba + kClaims
        << "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"_ba;
    QTest::newRow("ES256, RFC 7515 A.3")
        << kEc << "eyJhbGciOiJFUzI1NiJ9."_ba + kClaims
        << "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"_ba;
    QTest::newRow("Ed25519, RFC 8037 A.4")
        << kOkp << "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"_ba
        << "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"_ba;
    QTest::newRow("HS256, RFC 7515 A.1") << json(
        R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})")
                                         << "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."_ba + kClaims
                                         << "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"_ba;
}

void TestKey::knowsTheExamplesOfTheStandards()
{
    QFETCH(QJsonObject, jwk);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, signature);
    const auto key = Key::fromJwk(jwk, true);
    QVERIFY(key);
    const QByteArray bytes = fromBase64Url(signature).value();
    QVERIFY(key->verify(text, bytes));
    for (qsizetype bit = 0; bit < 8 * bytes.size(); ++bit) {
        QByteArray flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        QVERIFY2(!key->verify(text, flipped), qPrintable(QString::number(bit)));
    }
    QVERIFY(!key->verify(text.chopped(1), bytes));
    for (const QByteArray &other :
         {""_ba, bytes.chopped(1), bytes + '\0', '\0' + bytes, QByteArray(bytes.size(), '\0'),
          QByteArray(bytes.size(), '\xff')})
        QVERIFY(!key->verify(text, other));
}

void TestKey::anAlgorithmIsOfTheKey_data()
{
    QTest::addColumn<QJsonObject>("jwk");
    QTest::addColumn<QByteArray>("algorithm");
    QTest::newRow("RSA, as Entra has it") << kRsa << "RS256"_ba;
    QTest::newRow("RSA for PSS") << with(kRsa, {{"alg"_L1, "PS256"_L1}}) << "PS256"_ba;
    QTest::newRow("P-256") << kEc << "ES256"_ba;
    QTest::newRow("Ed25519") << kOkp << "Ed25519"_ba;
    QTest::newRow("Ed25519, older name") << with(kOkp, {{"alg"_L1, "EdDSA"_L1}}) << "Ed25519"_ba;
    QTest::newRow("for signatures")
        << with(kEc, {{"use"_L1, "sig"_L1}, {"key_ops"_L1, QJsonArray{"verify"_L1}}}) << "ES256"_ba;
    QTest::newRow("with a certificate, which is not looked at")
        << with(kRsa, {{"x5c"_L1, QJsonArray{"AAAA"_L1}}, {"x5t"_L1, "x"_L1}}) << "RS256"_ba;
}

void TestKey::anAlgorithmIsOfTheKey()
{
    QFETCH(QJsonObject, jwk);
    QFETCH(QByteArray, algorithm);
    const auto key = Key::fromJwk(jwk, false);
    QVERIFY(key);
    QCOMPARE(toName(key->algorithm()), algorithm);
}

void TestKey::refuses_data()
{
    QTest::addColumn<QJsonObject>("jwk");
    QTest::newRow("nothing") << QJsonObject();
    QTest::newRow("for encryption") << with(kRsa, {{"use"_L1, "enc"_L1}});
    QTest::newRow("for encryption, by its operations")
        << with(kRsa, {{"key_ops"_L1, QJsonArray{"encrypt"_L1}}});
    QTest::newRow("for another algorithm") << with(kRsa, {{"alg"_L1, "RS512"_L1}});
    QTest::newRow("for encryption, by its algorithm") << with(kRsa, {{"alg"_L1, "RSA-OAEP"_L1}});
    QTest::newRow("RSA for ES256") << with(kRsa, {{"alg"_L1, "ES256"_L1}});
    QTest::newRow("RSA for HS256") << with(kRsa, {{"alg"_L1, "HS256"_L1}});
    QTest::newRow("a short RSA key") << with(kRsa, {{"n"_L1, kRsa["n"_L1].toString().first(171)}});
    QTest::newRow("an endless RSA key")
        << with(kRsa, {{"n"_L1, kRsa["n"_L1].toString().repeated(8)}});
    QTest::newRow("RSA, exponent 1") << with(kRsa, {{"e"_L1, "AQ"_L1}});
    QTest::newRow("RSA, even exponent") << with(kRsa, {{"e"_L1, "AQAC"_L1}});
    QTest::newRow("RSA without exponent") << with(kRsa, {{"e"_L1, ""_L1}});
    QTest::newRow("P-384") << with(kEc, {{"crv"_L1, "P-384"_L1}});
    QTest::newRow("a point that is not on the curve") << with(kEc, {{"x"_L1, kEc["y"_L1]}});
    QTest::newRow("half a point") << with(kEc, {{"y"_L1, ""_L1}});
    QTest::newRow("Ed448") << with(kOkp, {{"crv"_L1, "Ed448"_L1}});
    QTest::newRow("X25519") << with(kOkp, {{"crv"_L1, "X25519"_L1}});
    QTest::newRow("half an Ed25519 key")
        << with(kOkp, {{"x"_L1, kOkp["x"_L1].toString().first(20)}});
    QTest::newRow("a secret that everybody may read")
        << QJsonObject{{"kty"_L1, "oct"_L1}, {"k"_L1, QString(64, u'A')}};
}

void TestKey::refuses()
{
    QFETCH(QJsonObject, jwk);
    const auto key = Key::fromJwk(jwk, false);
    QVERIFY(!key);
    QVERIFY(!key.error().detail.isEmpty());
    // What failed is not found by whoever uses TLS on this thread.
    QVERIFY(Key::fromJwk(kEc, false));
}

static QByteArray setOf(const QJsonArray &keys)
{
    return QJsonDocument(QJsonObject{{"keys"_L1, keys}}).toJson();
}

void TestKey::aSetSkipsWhatItDoesNotUse()
{
    QStringList skipped;
    const auto keys = KeySet::parse(
        setOf({with(kRsa, {{"kid"_L1, "a"_L1}}),
               with(kRsa, {{"kid"_L1, "b"_L1}, {"use"_L1, "enc"_L1}, {"alg"_L1, "RSA-OAEP"_L1}}),
               QJsonObject{{"kty"_L1, "new"_L1}, {"kid"_L1, "c"_L1}}, kOkp}),
        false, &skipped);
    QVERIFY(keys);
    QCOMPARE(keys->size(), 2U);
    QCOMPARE(skipped.size(), 2);
    QVERIFY(skipped[0].startsWith(u"b: "_s) && skipped[1].startsWith(u"c: "_s));
    // Secrets are for files.
    const QByteArray secret = setOf(
        {QJsonObject{{"kty"_L1, "oct"_L1}, {"k"_L1, QString(64, u'A')}, {"kid"_L1, "s"_L1}}});
    QCOMPARE(KeySet::parse(secret, false)->size(), 0U);
    QCOMPARE(KeySet::parse(secret, true)->size(), 1U);
}

void TestKey::aSetFindsByNameAndAlgorithm()
{
    auto keys = KeySet::parse(
        setOf({with(kRsa, {{"kid"_L1, "same"_L1}}),
               with(kRsa, {{"kid"_L1, "same"_L1}, {"alg"_L1, "PS256"_L1}}),
               with(kEc, {{"kid"_L1, "same"_L1}}), with(kOkp, {{"kid"_L1, "other"_L1}})}),
        false);
    QVERIFY(keys);
    for (const auto algorithm : {Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256}) {
        const auto found = keys->candidates("same", algorithm);
        QCOMPARE(found.size(), 1U);
        QCOMPARE(found[0]->algorithm(), algorithm);
    }
    QVERIFY(keys->candidates("same", Algorithm::Ed25519).empty());
    QVERIFY(keys->candidates("none", Algorithm::Rs256).empty());
    QVERIFY(keys->candidates("same", Algorithm::Hs256).empty());
    keys->add(Key::fromSecret(QByteArray(32, 's')));
    QCOMPARE(keys->candidates("any", Algorithm::Hs256).size(), 1U);
}

void TestKey::aSetTriesFewOfThoseThatAreNotNamed()
{
    QJsonArray many;
    for (int i = 0; i < 100; ++i)
        many.append(with(kRsa, {{"kid"_L1, QString::number(i)}}));
    const auto keys = KeySet::parse(setOf(many), false);
    QCOMPARE(keys->size(), KeySet::kMaxKeys);
    QCOMPARE(keys->candidates({}, Algorithm::Rs256).size(), KeySet::kMaxTries);
    QCOMPARE(keys->candidates("60", Algorithm::Rs256).size(), 1U);
}

void TestKey::aSetIsStrict_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("nothing") << ""_ba;
    QTest::newRow("a page") << "<html>"_ba;
    QTest::newRow("a list") << "[]"_ba;
    QTest::newRow("no keys") << "{}"_ba;
    QTest::newRow("keys that are none") << R"({"keys":{}})"_ba;
    QTest::newRow("twice the keys") << R"({"keys":[],"keys":[]})"_ba;
    QTest::newRow("twice a member") << R"({"keys":[{"kty":"RSA","kty":"EC"}]})"_ba;
    QTest::newRow("a byte order mark") << "\xEF\xBB\xBF{\"keys\":[]}"_ba;
    QTest::newRow("endless") << R"({"keys":[]})"_ba + QByteArray(KeySet::kMaxBytes, ' ');
}

void TestKey::aSetIsStrict()
{
    QFETCH(QByteArray, text);
    QVERIFY(!KeySet::parse(text, true));
}

void TestKey::base64UrlHasOneSpelling()
{
    QCOMPARE(fromBase64Url("AQAB"), std::optional("\x01\x00\x01"_ba));
    QCOMPARE(fromBase64Url("AQ"), std::optional("\x01"_ba));
    for (const char *other : {"AQ==", "AR", "A", "A+B/", "AQ B", "AQ\n", "AQAB="})
        QVERIFY2(!fromBase64Url(other), other);
}

PRESENCE_TEST(TestKey)
#include "tst_key.moc"
