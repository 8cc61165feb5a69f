// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/decimal.h"
#include "tests/support/testregistry.h"

#include <QTest>

#include <limits>

using namespace presence;

class TestDecimal : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whatIsWrittenIsRead_data();
    void whatIsWrittenIsRead();
    void anythingElseIsNoNumber_data();
    void anythingElseIsNoNumber();
};

void TestDecimal::whatIsWrittenIsRead_data()
{
    QTest::addColumn<qint64>("value");
    QTest::addColumn<QByteArray>("text");
    using Limits = std::numeric_limits<qint64>;
    QTest::newRow("none") << qint64(0) << QByteArray("0");
    QTest::newRow("a time") << qint64(1'796'048'488) << QByteArray("1796048488");
    QTest::newRow("negative") << qint64(-1) << QByteArray("-1");
    QTest::newRow("the most") << Limits::max() << QByteArray("9223372036854775807");
    QTest::newRow("the least") << Limits::min() << QByteArray("-9223372036854775808");
}

void TestDecimal::whatIsWrittenIsRead()
{
    QFETCH(qint64, value);
    QFETCH(QByteArray, text);
    QCOMPARE(Decimal(value).bytes(), text);
    QCOMPARE(Decimal::parse(text), value);
}

void TestDecimal::anythingElseIsNoNumber_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"", "-", "+1", " 1", "1 ", "1.5", "0x1", "one", "9223372036854775808"})
        QTest::newRow(text) << QByteArray(text);
}

void TestDecimal::anythingElseIsNoNumber()
{
    QFETCH(QByteArray, text);
    QVERIFY(!Decimal::parse(text));
}

PRESENCE_TEST(TestDecimal)

#include "tst_decimal.moc"
