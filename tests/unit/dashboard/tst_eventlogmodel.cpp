// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/eventlogmodel.h"
#include "tests/support/testregistry.h"

#include <QAbstractItemModelTester>
#include <QBuffer>
#include <QTest>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static EventRow eventOf(int number)
{
    return {.time = Milliseconds(1'763'000'000'000ms + std::chrono::milliseconds(number)),
            .kind = EventRow::Kind::Status,
            .user = UserId("u" + QByteArray::number(number)),
            .view = {Status::Busy, {}, {}}};
}

static std::vector<EventRow> events(int first, int count)
{
    std::vector<EventRow> list;
    for (int i = 0; i < count; ++i)
        list.push_back(eventOf(first + i));
    return list;
}

class TestEventLogModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_model = std::make_unique<EventLogModel>(m_overview);
        m_tester = std::make_unique<QAbstractItemModelTester>(
            m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    }
    void cleanup()
    {
        m_tester.reset();
        m_model.reset();
    }

    void theNewestIsFirst()
    {
        m_model->add(events(1, 2));
        m_model->add(events(3, 1));
        QCOMPARE(userAt(0), u"u3"_s);
        QCOMPARE(userAt(2), u"u1"_s);
    }

    void theOldestGoWhenThereAreTooMany()
    {
        constexpr int kMost = static_cast<int>(EventLogModel::kMost);
        m_model->add(events(0, kMost));
        m_model->add(events(kMost, 5));
        QCOMPARE(m_model->rowCount(), kMost);
        QCOMPARE(userAt(kMost - 1), u"u5"_s);
    }

    void whatComesWhilePausedWaits()
    {
        m_model->add(events(1, 1));
        m_model->setPaused(true);
        m_model->add(events(2, 3));
        QCOMPARE(m_model->rowCount(), 1);
        QCOMPARE(m_model->waiting(), 3);
        m_model->setPaused(false);
        QCOMPARE(m_model->rowCount(), 4);
        QCOMPARE(m_model->waiting(), 0);
        QCOMPARE(userAt(0), u"u4"_s);
    }

    /// What is on screen, and exported, is what is chosen, also of what came before that.
    void whatIsChosenIsShownAndExported()
    {
        EventRow command = eventOf(3);
        command.kind = EventRow::Kind::Command;
        command.action = "disconnect";
        m_model->add(events(1, 2));
        m_model->add({command});
        EventChoice choice;
        choice.kinds = {EventRow::Kind::Command};
        m_model->choose(choice);
        QCOMPARE(m_model->rowCount(), 1);
        QCOMPARE(userAt(0), u"u3"_s);
        QCOMPARE(exported(EventLogModel::Format::JsonLines).count('\n'), 1);
        m_model->add(events(4, 2));
        QCOMPARE(m_model->rowCount(), 1);
        choice.kinds = {};
        choice.user = u"u2"_s;
        m_model->choose(choice);
        QCOMPARE(m_model->rowCount(), 1);
        m_model->choose({});
        QCOMPARE(m_model->rowCount(), 5);
        QCOMPARE(userAt(0), u"u5"_s);
    }

    void csvHasALineAnEventAndQuotesEachCell()
    {
        EventRow odd = eventOf(1);
        odd.view.customMessage = "say \"hi\", all";
        EventRow formula = eventOf(2);
        formula.view.customMessage = "=1+1";
        m_model->add({odd, formula});
        const QList<QByteArray> lines = exported(EventLogModel::Format::Csv).split('\n');
        QCOMPARE(lines.size(), 4); // titles, two events, and the end
        QVERIFY(lines[0].startsWith(
            "\"time\",\"kind\",\"user_id\",\"workspace_id\",\"channel_id\",\"status\","));
        QCOMPARE(lines[1],
                 "\"2025-11-13T02:13:20.001Z\",\"status\",\"u1\",\"\",\"\",\"busy\","
                 "\"say \"\"hi\"\", all\",\"\",\"\",\"\"\r");
        // A spreadsheet must not take a text for a formula.
        QVERIFY(lines[2].contains(",\"'=1+1\","));
    }

    void jsonLinesLeaveOutWhatIsEmpty()
    {
        m_model->add(events(1, 2));
        QCOMPARE(exported(EventLogModel::Format::JsonLines),
                 "{\"kind\":\"status\",\"status\":\"busy\",\"time\":\"2025-11-13T02:13:20.001Z\","
                 "\"user_id\":\"u1\"}\n"
                 "{\"kind\":\"status\",\"status\":\"busy\",\"time\":\"2025-11-13T02:13:20.002Z\","
                 "\"user_id\":\"u2\"}\n"_ba);
    }

    void exportingToWhatCannotBeWrittenFails()
    {
        m_model->add(events(1, 1));
        QBuffer buffer;
        QVERIFY(buffer.open(QIODevice::ReadOnly));
        QTest::ignoreMessage(QtWarningMsg, "QIODevice::write (QBuffer): ReadOnly device");
        QVERIFY(!m_model->exportTo(buffer, EventLogModel::Format::JsonLines));
    }

    void rowsAreCopiedAsText()
    {
        m_model->add(events(1, 1));
        QModelIndexList row;
        for (const int column : {EventLogModel::KindColumn, EventLogModel::UserColumn})
            row.append(m_model->index(0, column));
        QCOMPARE(TableModel::asText(row), u"Kind\tUser\nstatus\tu1\n"_s);
        EventRow formula = eventOf(2);
        formula.user = UserId("=cmd|'/c'!A1");
        m_model->add({formula});
        QVERIFY(TableModel::asText(row).contains(u"\t'=cmd|"_s));
    }

private:
    QString userAt(int row) const
    {
        return m_model->index(row, EventLogModel::UserColumn).data().toString();
    }

    QByteArray exported(EventLogModel::Format format) const
    {
        QBuffer buffer;
        if (!buffer.open(QIODevice::WriteOnly) || !m_model->exportTo(buffer, format))
            return {};
        return buffer.data();
    }

    Connection m_connection;
    OverviewModel m_overview{m_connection};
    std::unique_ptr<EventLogModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

PRESENCE_TEST(TestEventLogModel)
#include "tst_eventlogmodel.moc"
