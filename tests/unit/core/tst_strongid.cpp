// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/strongid.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;

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
    QTest::addColumn<bool>("isValid");
    QTest::newRow("every kind") << QByteArray("aZ09._:@-") << true;
    QTest::newRow("one character") << QByteArray("7") << true;
    QTest::newRow("longest") << QByteArray(128, 'a') << true;
    QTest::newRow("empty") << QByteArray() << false;
    QTest::newRow("too long") << QByteArray(129, 'a') << false;
    QTest::newRow("space") << QByteArray("a b") << false;
    QTest::newRow("brace") << QByteArray("{a}") << false;
    QTest::newRow("slash") << QByteArray("a/b") << false;
    QTest::newRow("not ASCII") << QByteArray("\xc3\xa9") << false;
    QTest::newRow("NUL") << QByteArray("a\0b", 3) << false;
    QTest::newRow("line feed") << QByteArray("a\n") << false;
    QTest::newRow("a key's end") << QByteArray("42:devices") << false;
    QTest::newRow("not quite a key's end") << QByteArray("42devices") << true;
}

void TestStrongId::acceptsOnlyTheAllowedCharacters()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isValid);
    const auto id = UserId::parse(QByteArrayView(text));
    QCOMPARE(id.has_value(), isValid);
    if (isValid)
        QCOMPARE(id->bytes(), text);
}

void TestStrongId::hasTheOrderOfItsBytes()
{
    QVERIFY(UserId("a") < UserId("b"));
    QVERIFY(UserId("B") < UserId("a"));
    QCOMPARE(UserId("a"), UserId("a"));
}

PRESENCE_TEST(TestStrongId)
#include "tst_strongid.moc"
