// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/changesmodel.h"
#include "admin/model/ghostsmodel.h"
#include "admin/model/sessionsmodel.h"
#include "admin/net/problems.h"
#include "tests/support/testregistry.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static SessionRow session(const QByteArray &id, bool isIdle = false)
{
    return {.session = SessionId(id), .device = DeviceId("d" + id), .isIdle = isIdle};
}

class TestTableModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rowsThatStayKeepTheirPlace()
    {
        Clock clock;
        SessionsModel model(clock);
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setRows({session("1"), session("2"), session("3")});
        const QPersistentModelIndex third = model.index(2, 0);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.setRows({session("4"), session("3"), session("1", true)});
        QCOMPARE(model.rowCount(), 3);
        QVERIFY(third.isValid());
        QCOMPARE(third.data().toString(), u"d3"_s);
        QCOMPARE(changed.count(), 1); // the first has become idle
        QCOMPARE(reset.count(), 0);
        model.setRows({});
        QCOMPARE(model.rowCount(), 0);
    }

    void aSessionOfANodeThatIsGoneIsAGhost()
    {
        Clock clock;
        SessionsModel model(clock);
        SessionRow ghost = session("1");
        ghost.isNodeAlive = false;
        model.setRows({ghost, session("2")});
        QVERIFY(!model.index(0, 0).data(WarningRole).toString().isEmpty());
        QVERIFY(model.index(0, 0).data(Qt::ToolTipRole).toString().contains(u"ghost"_s));
        QVERIFY(model.index(1, 0).data(WarningRole).toString().isEmpty());
    }

    void changesOfTheSameSecondAreApart()
    {
        ChangesModel model;
        const Seconds at{1'763'000'000s};
        model.setRows({{at, Status::Busy, Status::Busy, "set"},
                       {at, Status::Online, Status::Online, "connected"}});
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.index(0, 1).data(StatusRole).toInt(), int(Status::Busy));
    }

    void endingsSayWhetherToComeBack_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<bool>("isFinal");
        QTest::newRow("lost") << 1006 << false;
        QTest::newRow("restart") << 1001 << false;
        QTest::newRow("expired token") << 4001 << true;
        QTest::newRow("signed off") << 4002 << true;
        QTest::newRow("slow") << 4500 << false;
        QTest::newRow("draining") << 4502 << false;
    }
    void endingsSayWhetherToComeBack()
    {
        QFETCH(int, code);
        QFETCH(bool, isFinal);
        const Ending ending = endingOf(code);
        QCOMPARE(ending.isFinal, isFinal);
        QVERIFY(!ending.problem.isEmpty());
    }

    void agesAreInWords()
    {
        const Milliseconds now{1'763'000'000'000ms};
        QCOMPARE(agoText(now, now), u"now"_s);
        QCOMPARE(agoText(now - 42s, now), u"42 s ago"_s);
        QCOMPARE(durationText(61min), u"1 h 1 min"_s);
        QCOMPARE(durationText(50h), u"2 d 2 h"_s);
        QCOMPARE(durationText(-5s), u"0 s"_s);
    }
};

PRESENCE_TEST(TestTableModel)
#include "tst_tablemodel.moc"
