// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/tokencache.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::auth;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

static constexpr std::chrono::sys_seconds kToday{std::chrono::seconds(1'700'000'000)};
static const QByteArray kOld(32, 'o');
static const QByteArray kNew(32, 'n');

static KeySet keysOf(const QByteArray &secret)
{
    KeySet keys;
    keys.add(Key::fromSecret(secret));
    return keys;
}

class TestKeyRing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nobodyComesInByAKeyThatWasTakenOut();
    void aKeyThatIsNotThereIsLookedForOnce();
    void withoutASourceItIsUnknown();
};

void TestKeyRing::nobodyComesInByAKeyThatWasTakenOut()
{
    KeyRing ring(keysOf(kOld));
    const JwtVerifier verifier({}, ring);
    TokenCache cache(verifier);
    const QByteArray token = signToken({{"sub"_L1, "alice"_L1}}, kOld);
    QVERIFY(cache.verify(token, kToday));
    ring.replace(keysOf(kNew));
    QCOMPARE(cache.verify(token, kToday).error().code, ErrorCode::Unauthenticated);
    QVERIFY(cache.verify(signToken({{"sub"_L1, "alice"_L1}}, kNew), kToday));
}

void TestKeyRing::aKeyThatIsNotThereIsLookedForOnce()
{
    KeyRing ring;
    int fetches = 0;
    ring.setFetch([&fetches] { ++fetches; });
    const auto start = KeyRing::Clock::time_point(1h);
    QVERIFY(ring.mayCome("a", start));
    QVERIFY(ring.mayCome("a", start + 1s));
    QCOMPARE(fetches, 2);
    // One that was under way before may not have had it.
    ring.noteFetched(start - 1s);
    QVERIFY(ring.mayCome("a", start + 2s));
    ring.noteFetched(start + 3s);
    QVERIFY(!ring.mayCome("a", start + 4s));
    QCOMPARE(fetches, 3);
    QVERIFY(ring.mayCome("b", start + 4s));
    // It may have come since.
    QVERIFY(ring.mayCome("a", start + 70s));
    // Names that somebody makes up do not fill the memory.
    for (int i = 0; i < 5'000; ++i)
        QVERIFY(ring.mayCome(QByteArray::number(i), start + 80s));
}

void TestKeyRing::withoutASourceItIsUnknown()
{
    KeyRing ring(keysOf(kOld));
    QVERIFY(!ring.mayCome("a", KeyRing::Clock::now()));
    const JwtVerifier verifier({}, ring);
    const QByteArray header = QByteArray(R"({"alg":"RS256","kid":"a"})").toBase64();
    const auto refused = verifier.verify(header + ".e30.AAAA", kToday);
    QCOMPARE(refused.error().code, ErrorCode::Unauthenticated);
}

PRESENCE_TEST(TestKeyRing)
#include "tst_keyring.moc"
