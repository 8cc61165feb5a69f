// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/eventlogmodel.h"
#include "admin/model/ghostsmodel.h"
#include "admin/model/incidentsmodel.h"
#include "admin/model/sessionsmodel.h"
#include "admin/model/tableexport.h"
#include "admin/model/usersmodel.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <numeric>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct Item
{
    QString id;
    QJsonValue value;
};

static ExportedTable items(const std::vector<Item> &rows)
{
    return exportedTable<Item>({{u"id"_s, [](const Item &row) { return QJsonValue(row.id); }},
                                {u"value"_s, [](const Item &row) { return row.value; }}},
                               rows);
}

class TestTableExport : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { qputenv("TZ", "Asia/Kolkata"); }

    void csvQuotesEachCellAndGuardsFormulas()
    {
        const QByteArray csv = written(items({{u"say \"hi\",\nall"_s, 1.5},
                                              {u"=1+1"_s, -3},
                                              {u"-3"_s, qint64(9'007'199'254'740'993)},
                                              {u"@x"_s, true},
                                              {{}, QJsonValue()},
                                              {u"list"_s, QJsonArray{u"a,b"_s, u"c"_s}}}),
                                       ExportFormat::Csv);
        QCOMPARE(csv,
                 "\"id\",\"value\"\r\n"
                 "\"say \"\"hi\"\",\nall\",\"1.5\"\r\n"
                 "\"'=1+1\",\"-3\"\r\n"
                 "\"-3\",\"9007199254740993\"\r\n"
                 "\"'@x\",\"true\"\r\n"
                 "\"\",\"\"\r\n"
                 "\"list\",\"a,b c\"\r\n"_ba);
    }

    /// Numbers are numbers, ids are as they are, and what a row does not have is left out.
    void jsonLinesHaveRawValues()
    {
        const QByteArray lines
            = written(items({{u"=1+1"_s, -3}, {u"a"_s, QJsonValue()}, {u"b\n"_s, false}}),
                      ExportFormat::JsonLines);
        QCOMPARE(lines,
                 "{\"id\":\"=1+1\",\"value\":-3}\n{\"id\":\"a\"}\n"
                 "{\"id\":\"b\\n\",\"value\":false}\n"_ba);
    }

    void timesHaveAnOffset()
    {
        const Milliseconds time{1'763'000'000'001ms};
        QCOMPARE(exportedTime(time), QJsonValue("2025-11-13T07:43:20.001+05:30"_L1));
        QCOMPARE(exportedTime(Milliseconds()), QJsonValue());
    }

    /// Whatever happens to the table meanwhile, and in turns that leave the window fluent.
    void manyRowsAreWrittenAsTheyWere()
    {
        constexpr int kMany = 100'000;
        UsersModel users(m_overview);
        std::vector<UserRow> rows;
        for (int i = 0; i < kMany; ++i)
            rows.push_back({.user = UserId("user-" + QByteArray::number(i)),
                            .view = {Status::Busy, "in a meeting", {}},
                            .onlineAt = Seconds(1'763'000'000s),
                            .devices = 2,
                            .nodes = {"node-a", "node-b"}});
        users.enqueue(std::move(rows), {});
        QTRY_COMPARE_WITH_TIMEOUT(users.rowCount(), kMany, 30'000);
        std::vector<int> all(kMany);
        std::iota(all.begin(), all.end(), 0);
        const QString last = users.userAt(kMany - 1)->user.toString();

        TableExport job(users.exported(all), m_folder.filePath(u"many.jsonl"_s),
                        ExportFormat::JsonLines);
        QSignalSpy finished(&job, &TableExport::finished);
        int turns = 0;
        connect(&job, &TableExport::progressed, this, [&] {
            if (++turns == 1)
                users.watch(WorkspaceId("other")); // which has none
        });
        job.start();
        QVERIFY(!QFile::exists(job.path())); // before it is whole
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 60'000);
        QVERIFY(turns > 10);
        QCOMPARE(users.rowCount(), 0);
        const QList<QByteArray> lines = contents(job.path()).split('\n');
        QCOMPARE(lines.size(), kMany + 1);
        const QJsonObject user = QJsonDocument::fromJson(lines[kMany - 1]).object();
        QCOMPARE(user["user_id"_L1], last);
        QCOMPARE(user["devices"_L1], 2);
        QCOMPARE(user["nodes"_L1], QJsonArray({u"node-a"_s, u"node-b"_s}));
        QCOMPARE(user["online_at"_L1], "2025-11-13T07:43:20.000+05:30"_L1);
        QVERIFY(!user.contains("last_heartbeat"_L1));
    }

    void whatCannotBeWrittenLeavesWhatWasThere()
    {
        TableExport lost(items({{u"a"_s, 1}}), m_folder.filePath(u"none/such.csv"_s),
                         ExportFormat::Csv);
        QSignalSpy finished(&lost, &TableExport::finished);
        lost.start();
        QCOMPARE(finished.count(), 1);
        QVERIFY(!finished[0][0].toString().isEmpty());

        const QString path = m_folder.filePath(u"kept.csv"_s);
        QFile before(path);
        QVERIFY(before.open(QIODevice::WriteOnly));
        before.write("before");
        before.close();
        TableExport cancelled(items({{u"a"_s, 1}}), path, ExportFormat::Csv);
        cancelled.start();
        cancelled.cancel();
        QCOMPARE(contents(path), "before"_ba);
    }

    void incidentsHaveTheirKindAsOnTheWire()
    {
        IncidentsModel incidents(m_overview);
        incidents.setRows({{.id = "1",
                            .time = Milliseconds(1'763'000'000'000ms),
                            .kind = IncidentRow::Kind::NodeBack,
                            .node = "node-a",
                            .duration = 12s}});
        QCOMPARE(written(incidents.exported({0}), ExportFormat::JsonLines),
                 "{\"duration_ms\":12000,\"kind\":\"node_back\",\"node\":\"node-a\","
                 "\"time\":\"2025-11-13T07:43:20.000+05:30\"}\n"_ba);
        LostUsersModel lost;
        lost.setRows({{.user = UserId("amy"), .outcome = LostUser::Outcome::Expired}});
        QCOMPARE(written(lost.exported({0}), ExportFormat::JsonLines),
                 "{\"outcome\":\"expired\",\"user_id\":\"amy\"}\n"_ba);
    }

    void theEventLogIsExported()
    {
        EventLogModel events(m_overview);
        EventRow command{.time = Milliseconds(1'763'000'000'000ms),
                         .kind = EventRow::Kind::Command,
                         .user = UserId("amy"),
                         .action = "disconnect_user",
                         .detail = "by olga: done"};
        events.add({command});
        QCOMPARE(written(events.exported({0}), ExportFormat::JsonLines),
                 "{\"action\":\"disconnect_user\",\"detail\":\"by olga: done\","
                 "\"kind\":\"command\",\"time\":\"2025-11-13T07:43:20.000+05:30\","
                 "\"user_id\":\"amy\",\"workspace_ids\":[]}\n"_ba);
    }

    /// Also a table that says nothing of how: as it is shown.
    void everyTableHasFields()
    {
        Clock clock;
        SessionsModel sessions(clock);
        sessions.setRows({{.session = SessionId("1"),
                           .device = DeviceId("phone"),
                           .kind = SessionRow::Kind::Rest,
                           .channels = {ChannelId("a"), ChannelId("b")},
                           .isIdle = true}});
        QCOMPARE(written(sessions.exported({0}), ExportFormat::JsonLines),
                 "{\"channels\":[\"a\",\"b\"],\"device_id\":\"phone\",\"ended\":false,"
                 "\"idle\":true,\"kind\":\"rest\",\"node_alive\":true,\"session_id\":\"1\"}\n"_ba);
        const ExportedTable shown = sessions.TableModel::exported({0});
        QCOMPARE(shown.names.size(), sessions.columnCount());
        QCOMPARE(shown.value(0, 0), QJsonValue("phone"_L1));
        for (const TableModel *model : std::initializer_list<const TableModel *>{
                 &m_nodes, &m_workspaces, &m_ghosts, &m_flapping})
            QVERIFY(model->exported({}).names.size() >= 2);
    }

private:
    static QByteArray contents(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QByteArray written(const ExportedTable &table, ExportFormat format)
    {
        TableExport job(table, m_folder.filePath(u"table"_s), format);
        QSignalSpy finished(&job, &TableExport::finished);
        job.start();
        if (finished.isEmpty())
            finished.wait();
        return contents(job.path());
    }

    QTemporaryDir m_folder;
    Connection m_connection;
    OverviewModel m_overview{m_connection};
    NodesModel m_nodes{m_overview};
    WorkspacesModel m_workspaces{m_overview};
    GhostsModel m_ghosts{m_overview};
    FlappingModel m_flapping{m_overview};
};

PRESENCE_TEST(TestTableExport)
#include "tst_tableexport.moc"
