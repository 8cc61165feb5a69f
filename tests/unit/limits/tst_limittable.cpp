// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/limits.h"
#include "tests/support/testregistry.h"

#include <QFile>
#include <QSet>
#include <QTest>

using namespace presence;
using namespace presence::limits;
using namespace Qt::StringLiterals;

class TestLimitTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ratesAreReadAsTheyAreWritten_data();
    void ratesAreReadAsTheyAreWritten();
    void wrongRatesAreRefused_data();
    void wrongRatesAreRefused();
    void everyRowThatCanBeSetTakesItsDefault();
    void everyLimitHasANameAndARow();
    void theReadmeHasTheTable();
};

void TestLimitTable::ratesAreReadAsTheyAreWritten_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("written");
    QTest::newRow("a second") << u"50/s burst=600"_s << u"50/s burst=600"_s;
    QTest::newRow("a minute") << u"30/m burst=20"_s << u"30/m burst=20"_s;
    QTest::newRow("without a burst") << u"5/m"_s << u"5/m burst=5"_s;
    QTest::newRow("none") << u"0"_s << u"0"_s;
}

void TestLimitTable::ratesAreReadAsTheyAreWritten()
{
    QFETCH(QString, text);
    const auto rate = Rate::parse(text);
    QVERIFY(rate);
    QTEST(rate->toString(), "written");
}

void TestLimitTable::wrongRatesAreRefused_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"", "50", "50/h", "-1/s", "0/s", "50/s burst=0", "50/s burst", "1e3/s",
                             "50/s  burst=1 ", "9999999999/s"})
        QTest::newRow(text) << QString::fromLatin1(text);
}

void TestLimitTable::wrongRatesAreRefused()
{
    QFETCH(QString, text);
    QVERIFY(!Rate::parse(text));
}

void TestLimitTable::everyRowThatCanBeSetTakesItsDefault()
{
    QSet<QString> variables;
    for (const LimitRow &row : limitTable()) {
        QVERIFY2(!row.whom.isEmpty() && !row.answer.isEmpty(), qPrintable(row.what));
        QCOMPARE(row.variable.isEmpty(), !row.set);
        if (!row.set)
            continue;
        QVERIFY2(!variables.contains(row.variable), qPrintable(row.variable));
        variables.insert(row.variable);
        Limits limits;
        QVERIFY2(row.set(limits, row.value(limits)), qPrintable(row.variable));
        QCOMPARE(row.value(limits), row.value(Limits()));
        QVERIFY2(!row.set(limits, u"much"_s), qPrintable(row.variable));
    }
}

void TestLimitTable::everyLimitHasANameAndARow()
{
    QSet<QByteArray> names;
    for (size_t i = 0; i < kLimits; ++i) {
        const QByteArray name = toName(static_cast<Limit>(i));
        QVERIFY(!names.contains(name));
        names.insert(name);
        const QString metric
            = u"presence_limited_total{limit=\"%1\"}"_s.arg(QString::fromLatin1(name));
        const auto has = [&](const LimitRow &row) { return row.metric == metric; };
        QVERIFY2(std::ranges::any_of(limitTable(), has), name.constData());
    }
}

/// So that it stays the only one.
void TestLimitTable::theReadmeHasTheTable()
{
    QFile readme(QStringLiteral(PRESENCE_SOURCE_DIR "/server/limits/README.md"));
    QVERIFY(readme.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(readme.readAll());
    for (const LimitRow &row : limitTable()) {
        const QString value = row.whom == "process"_L1 ? QString() : row.value(Limits());
        const auto code
            = [](const QString &cell) { return cell.isEmpty() ? QString() : u"`%1`"_s.arg(cell); };
        const QString line = u"| %1 | %2 | %3 | %4 | %5 | %6 |"_s.arg(
            row.whom, row.what, code(row.variable), value, row.answer, code(row.metric));
        QVERIFY2(text.contains(line), qPrintable(line));
    }
}

PRESENCE_TEST(TestLimitTable)
#include "tst_limittable.moc"
