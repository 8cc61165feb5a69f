// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/rowtable.h"
#include "tests/support/testregistry.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QRandomGenerator>
#include <QTest>

using namespace presence::admin;
using namespace Qt::StringLiterals;

namespace {

struct Row
{
    int value = 0;
    void appendTo(QByteArray &json) const { json += ",\"value\":" + QByteArray::number(value); }
    friend bool operator==(const Row &, const Row &) = default;
};

QJsonObject parse(const QByteArray &json)
{
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(json, &error);
    if (error.error != QJsonParseError::NoError)
        qFatal("%s in %s", qPrintable(error.errorString()), json.constData());
    return document.object();
}

/// What a dashboard holds that applies what it is told.
struct Reader
{
    QMap<QString, int> rows;
    void take(const QJsonArray &changed, const QJsonArray &left = {})
    {
        for (const QJsonValue &row : changed)
            rows[row["user_id"_L1].toString()] = row["value"_L1].toInt();
        for (const QJsonValue &id : left)
            rows.remove(id.toString());
    }
};

} // namespace

class TestRowTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEmptyTableIsAnEmptyPage()
    {
        RowTable<Row> table;
        QCOMPARE(table.page({}, 10), "{\"rows\":[],\"next\":null}"_ba);
        QVERIFY(!table.hasChanges());
        QCOMPARE(table.takeChanges(10), "{\"changed\":[],\"left\":[]}"_ba);
    }

    void theLastPageHasNoNext()
    {
        RowTable<Row> table;
        for (const char *id : {"a", "b", "c", "d"})
            table.set(id, {1});
        QCOMPARE(parse(table.page({}, 2))["next"_L1], "b"_L1);
        QVERIFY(parse(table.page("b", 2))["next"_L1].isNull());
        QCOMPARE(parse(table.page("b", 2))["rows"_L1].toArray().size(), 2);
        QVERIFY(parse(table.page("zzz", 2))["rows"_L1].toArray().isEmpty());
    }

    void whatStaysTheSameIsNotTold()
    {
        RowTable<Row> table;
        table.set("a", {1});
        table.takeChanges(10);
        table.set("a", {1});
        QVERIFY(!table.hasChanges());
        table.set("a", {2});
        QVERIFY(table.hasChanges());
    }

    void changesBeyondTheLimitComeNext()
    {
        RowTable<Row> table;
        for (const char *id : {"a", "b", "c"})
            table.set(id, {1});
        QCOMPARE(parse(table.takeChanges(2))["changed"_L1].toArray().size(), 2);
        QCOMPARE(parse(table.takeChanges(2))["changed"_L1].toArray().size(), 1);
    }

    /// Whatever changes between the pages: who applies all in order has the table.
    void pagesAndDiffsInOrderMakeTheTable()
    {
        auto *random = QRandomGenerator::global();
        for (int round = 0; round < 200; ++round) {
            RowTable<Row> table;
            Reader reader;
            const auto change = [&] {
                const QByteArray id = QByteArray::number(random->bounded(30));
                if (random->bounded(3) == 0)
                    table.remove(id);
                else
                    table.set(id, {random->bounded(5)});
            };
            for (int i = 0; i < 40; ++i)
                change();
            QByteArray after;
            bool hasMore = true;
            while (hasMore) {
                const QJsonObject page = parse(table.page(after, 4));
                reader.take(page["rows"_L1].toArray());
                hasMore = page["next"_L1].isString();
                after = page["next"_L1].toString().toLatin1();
                for (int i = random->bounded(6); i > 0; --i)
                    change();
                if (random->bounded(2) == 0) {
                    const QJsonObject diff = parse(table.takeChanges(3));
                    reader.take(diff["changed"_L1].toArray(), diff["left"_L1].toArray());
                }
            }
            while (table.hasChanges()) {
                const QJsonObject diff = parse(table.takeChanges(3));
                reader.take(diff["changed"_L1].toArray(), diff["left"_L1].toArray());
            }
            QCOMPARE(qsizetype(reader.rows.size()), table.size());
            for (auto row = reader.rows.begin(); row != reader.rows.end(); ++row)
                QCOMPARE(table.find(row.key().toLatin1())->value, row.value());
        }
    }

    void goneRowsAreToldOnce()
    {
        RowTable<Row> table;
        table.set("a", {1});
        table.set("b", {1});
        table.takeChanges(10);
        table.removeIf([](const QByteArray &id) { return id == "a"; });
        QCOMPARE(table.takeChanges(10), "{\"changed\":[],\"left\":[\"a\"]}"_ba);
        QVERIFY(!table.hasChanges());
    }
};

PRESENCE_TEST(TestRowTable)
#include "tst_rowtable.moc"
