// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/eventlogmodel.h"
#include "tests/support/testregistry.h"

#include <QAbstractItemModelTester>
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

/// What a workspace is told of the change that eventOf() tells of.
static EventRow inWorkspace(int number, const QByteArray &workspace)
{
    EventRow event = eventOf(number);
    event.kind = EventRow::Kind::Workspace;
    event.workspace = WorkspaceId(workspace);
    return event;
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
        QCOMPARE(m_model->exported({0}).value(0, 2), QJsonValue("u3"_L1));
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

    /// A status and what workspaces are told of it are one, in whatever order and parts they come.
    void aChangeIsOneRow_data()
    {
        QTest::addColumn<QList<int>>(
            "order"); // 0: the status; 1, 2: a workspace; -1: the next part
        QTest::newRow("at once") << QList<int>{0, 1, 2};
        QTest::newRow("in parts") << QList<int>{0, -1, 1, -1, 2};
        QTest::newRow("the status later") << QList<int>{1, -1, 2, 0};
    }
    void aChangeIsOneRow()
    {
        QFETCH(QList<int>, order);
        std::vector<EventRow> part;
        for (const int which : order) {
            if (which < 0)
                m_model->add(std::exchange(part, {}));
            else
                part.push_back(which == 0 ? eventOf(1)
                                          : inWorkspace(1, "w" + QByteArray::number(which)));
        }
        m_model->add(part);
        QCOMPARE(m_model->rowCount(), 1);
        QCOMPARE(m_model->events(), 1);
        QCOMPARE(cell(0, EventLogModel::KindColumn), u"status"_s);
        QCOMPARE(cell(0, EventLogModel::WhereColumn), u"w1, w2"_s);
        QCOMPARE(m_model->exported({0}).value(0, 3), QJsonValue(QJsonArray({u"w1"_s, u"w2"_s})));
    }

    void whatSaysNothingNewIsNoRow()
    {
        // Once more for the kinds of devices, which is not told here.
        m_model->add({eventOf(1), eventOf(1), inWorkspace(1, "w0"), inWorkspace(1, "w1"),
                      inWorkspace(1, "w0")});
        QCOMPARE(m_model->rowCount(), 1);
        QCOMPARE(cell(0, EventLogModel::WhereColumn), u"w0, w1"_s);
    }

    void otherChangesAreRowsOfTheirOwn_data()
    {
        QTest::addColumn<int>("after"); // ms
        QTest::addColumn<QByteArray>("workspace");
        QTest::addColumn<Status>("status");
        QTest::newRow("another status") << 10 << "w1"_ba << Status::Away;
        QTest::newRow("much later") << 5000 << "w1"_ba << Status::Busy;
    }
    void otherChangesAreRowsOfTheirOwn()
    {
        QFETCH(int, after);
        QFETCH(QByteArray, workspace);
        QFETCH(Status, status);
        EventRow other = inWorkspace(1, workspace);
        other.time += std::chrono::milliseconds(after);
        other.view.status = status;
        m_model->add({eventOf(1), inWorkspace(1, "w0")});
        m_model->add({other});
        QCOMPARE(m_model->rowCount(), 2);
    }

    void aChangeIsFoundByEachOfItsWorkspacesAndKinds()
    {
        m_model->add({eventOf(1), inWorkspace(1, "w1"), inWorkspace(1, "w2"), eventOf(2)});
        EventChoice choice;
        choice.workspace = u"w2"_s;
        m_model->choose(choice);
        QCOMPARE(m_model->rowCount(), 1);
        QCOMPARE(userAt(0), u"u1"_s);
        m_model->choose(
            {.kinds = {EventRow::Kind::Workspace}, .user = {}, .channel = {}, .workspace = {}});
        QCOMPARE(m_model->rowCount(), 1);
        m_model->choose(
            {.kinds = {EventRow::Kind::Status}, .user = {}, .channel = {}, .workspace = {}});
        QCOMPARE(m_model->rowCount(), 2);
    }

    /// One that was left out when it began is put where it belongs.
    void aChangeThatTurnsOutToBeChosenIsShownInItsPlace()
    {
        EventChoice choice;
        choice.workspace = u"w2"_s;
        m_model->choose(choice);
        m_model->add({inWorkspace(1, "w1")});
        m_model->add({inWorkspace(2, "w2")});
        m_model->add({inWorkspace(1, "w2")});
        QCOMPARE(m_model->rowCount(), 2);
        QCOMPARE(userAt(0), u"u2"_s);
        QCOMPARE(userAt(1), u"u1"_s);
    }

    void aChangeIsOneRowAfterAPause()
    {
        m_model->add({eventOf(1)});
        m_model->setPaused(true);
        m_model->add(
            {inWorkspace(1, "w1"), eventOf(2), inWorkspace(2, "w1"), inWorkspace(2, "w2")});
        QCOMPARE(m_model->waiting(), 2);
        m_model->setPaused(false);
        QCOMPARE(m_model->rowCount(), 2);
        QCOMPARE(cell(0, EventLogModel::WhereColumn), u"w1, w2"_s);
        QCOMPARE(cell(1, EventLogModel::WhereColumn), u"w1"_s);
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
    QString userAt(int row) const { return cell(row, EventLogModel::UserColumn); }

    QString cell(int row, int column) const
    {
        return m_model->index(row, column).data().toString();
    }

    Connection m_connection;
    OverviewModel m_overview{m_connection};
    std::unique_ptr<EventLogModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

PRESENCE_TEST(TestEventLogModel)
#include "tst_eventlogmodel.moc"
