// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/strongid.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace Qt::StringLiterals;

class TestStrongId : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void acceptsOnlyTheAllowedCharacters_data();
    void acceptsOnlyTheAllowedCharacters();
    void hasTheOrderOfItsBytes();
};

void TestStrongId::acceptsOnlyTheAllowedCharacters_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("fault"); // empty: it is valid
    for (int c = 0x21; c < 0x7f; ++c) {
        const bool isForbidden = QByteArrayView("\"\\{}<>^`").contains(char(c));
        QTest::addRow("character %02x", c)
            << QByteArray("a") + char(c) + 'b'
            << (isForbidden ? u"must not have the character "_s + QLatin1Char(char(c)) : QString());
    }
    QTest::newRow("of Auth0") << "auth0|5f7c8ec7c33c6c004bbafe82"_ba << QString();
    QTest::newRow("an address") << "bob+tag@example.com"_ba << QString();
    QTest::newRow("an issuer") << "https://issuer.example.com/users/1?a=b&c#d"_ba << QString();
    QTest::newRow("base64") << "c3ViamVjdA+/=="_ba << QString();
    QTest::newRow("a field of ours") << "#sequence"_ba << QString();
    QTest::newRow("longest") << QByteArray(128, 'x') << QString();
    QTest::newRow("too long") << QByteArray(129, 'x') << u"must have 1 to 128 characters"_s;
    QTest::newRow("empty") << ""_ba << u"must have 1 to 128 characters"_s;
    QTest::newRow("space") << "a b"_ba << u"must not have a space"_s;
    QTest::newRow("not ASCII") << "\xc3\xa9"_ba
                               << u"must be printable ASCII, without the byte 0xc3"_s;
    QTest::newRow("NUL") << QByteArray("a\0b", 3)
                         << u"must be printable ASCII, without the byte 0x00"_s;
    QTest::newRow("line feed") << "a\n"_ba << u"must be printable ASCII, without the byte 0x0a"_s;
    QTest::newRow("delete") << "a\x7f"_ba << u"must be printable ASCII, without the byte 0x7f"_s;
    QTest::newRow("this folder") << "."_ba << u"must not be . or .."_s;
    QTest::newRow("the folder above") << ".."_ba << u"must not be . or .."_s;
    QTest::newRow("three dots") << "..."_ba << QString();
    QTest::newRow("a key's end") << "42:devices"_ba << u"must not end in :devices"_s;
    QTest::newRow("another key's end") << "42:signed_off"_ba << u"must not end in :signed_off"_s;
    QTest::newRow("not quite a key's end") << "42devices"_ba << QString();
}

void TestStrongId::acceptsOnlyTheAllowedCharacters()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, fault);
    const auto id = UserId::parse(QByteArrayView(text));
    QCOMPARE(id.has_value(), fault.isEmpty());
    if (id)
        QCOMPARE(id->bytes(), text);
    else
        QCOMPARE(idFault(text), fault);
}

void TestStrongId::hasTheOrderOfItsBytes()
{
    QVERIFY(UserId("a") < UserId("b"));
    QVERIFY(UserId("B") < UserId("a"));
    QCOMPARE(UserId("a"), UserId("a"));
}

PRESENCE_TEST(TestStrongId)
#include "tst_strongid.moc"
