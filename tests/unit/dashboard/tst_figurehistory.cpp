// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/figurehistory.h"
#include "admin/view/figurechart.h"
#include "tests/support/testregistry.h"

#include <QAccessible>
#include <QApplication>
#include <QHelpEvent>
#include <QSignalSpy>
#include <QTest>
#include <QTextDocumentFragment>
#include <QToolTip>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr Milliseconds kBegin{1'700'000'040s};

static QString wholeText(double value)
{
    return QString::number(qRound64(value));
}

/// What charts are made of, and what they say of it.
class TestFigureHistory : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anOutageIsAGap()
    {
        FigureHistory history;
        for (const auto after : {0s, 10s, 20s, 70s, 80s})
            history.addRecord(record(after, 5));
        const auto parts = history.parts(Range::Hour);
        QCOMPARE(parts.size(), size_t(2));
        QVERIFY(parts[0].back().time == kBegin + 20s);
        QVERIFY(parts[1].front().time == kBegin + 80s); // both within 30 s
    }

    void anHourHasABandOfLeastAndMost()
    {
        FigureHistory history;
        for (const auto &[after, users] : {std::pair(0s, 10), std::pair(10s, 40)})
            history.addRecord(record(after, users));
        const auto parts = history.parts(Range::Hour);
        QCOMPARE(parts.size(), size_t(1));
        QVERIFY((parts[0].back().users == Span{10, 25, 40}));
    }

    void fiveMinutesAreSecondsAndWhatWasRecordedBefore()
    {
        FigureHistory history;
        history.start({record(-400s, 1), record(0s, 2), record(10s, 3)}, {});
        for (int second = 11; second <= 25; ++second)
            history.addSecond(overview(std::chrono::seconds(second), second));
        history.addRecord(record(20s, 1000)); // the seconds say so as well
        const auto parts = history.parts(Range::FiveMinutes);
        QCOMPARE(parts.size(), size_t(1));
        QCOMPARE(parts[0].front().users.average, 2.);
        QVERIFY((parts[0].back().users == Span{25, 25, 25}));
        for (const Summary &each : parts[0])
            QVERIFY(each.users.most < 1000);
    }

    void aDayGoesOnToNow()
    {
        FigureHistory history;
        history.start({record(-60s, 1), record(60s, 7), record(70s, 9)},
                      {{.time = kBegin - 120s, .users = {1, 2, 3}}, {.time = kBegin}});
        const auto parts = history.parts(Range::Day);
        QCOMPARE(parts.size(), size_t(1));
        QCOMPARE(parts[0].size(), size_t(3));
        QVERIFY((parts[0].back().users == Span{7, 8, 9}));
    }

    /// What is later by it than now was before: it neither hides what comes nor crosses it.
    void aClockThatIsSetBackBeginsAnew()
    {
        FigureHistory history;
        history.start({record(0s, 1), record(3000s, 2), record(3010s, 3), record(10s, 4)},
                      {{.time = kBegin}, {.time = kBegin + 2880s}});
        QCOMPARE(history.hour().size(), size_t(2));
        QCOMPARE(history.hour().back().users, 4);
        const auto day = history.parts(Range::Day);
        QCOMPARE(day.size(), size_t(1));
        QVERIFY(day[0].back().time == kBegin + 10s);
        // And while it is looked at.
        history.addSecond(overview(300s, 5));
        history.addRecord(record(300s, 5));
        history.addSecond(overview(21s, 6));
        QCOMPARE(history.hour().back().users, 4);
        const auto live = history.parts(Range::FiveMinutes);
        QCOMPARE(live.size(), size_t(1));
        QVERIFY(live[0].back().time == kBegin + 21s);
        history.addRecord(record(20s, 6)); // a little later than what was told after it
        QCOMPARE(history.parts(Range::FiveMinutes)[0].back().users.average, 6.);
    }

    void eachNodeHasALine()
    {
        FigureHistory history;
        Overview now = overview(0s, 3);
        now.nodes = {{.name = "a", .connections = 4, .isAlive = true},
                     {.name = "b", .connections = 6, .isAlive = true},
                     {.name = "gone"}};
        history.addSecond(now);
        const auto nodes = history.nodeParts();
        QCOMPARE(nodes.size(), size_t(2));
        QCOMPARE(nodes[1].node, "b"_ba);
        QCOMPARE(nodes[1].parts[0][0].connections.average, 6.);
    }

    void arrowKeysMoveThroughAChart()
    {
        FigureChart chart({u"Online users"_s, {}, &Summary::users, &wholeText});
        QSignalSpy pointed(&chart, &FigureChart::pointed);
        connect(&chart, &FigureChart::pointed, &chart, &FigureChart::pointAt);
        chart.show(contents());
        QCOMPARE(chart.valueText(), u"42"_s);
        QCOMPARE(chart.spanText(), u"least 1, most 9"_s);
        QTest::keyClick(&chart, Qt::Key_Left); // the last one
        QCOMPARE(chart.valueText(), u"6"_s);
        QTest::keyClick(&chart, Qt::Key_Left);
        QCOMPARE(chart.valueText(), u"2"_s);
        QCOMPARE(chart.spanText(), u"least 1, most 3"_s);
        QTest::keyClick(&chart, Qt::Key_End);
        QCOMPARE(chart.valueText(), u"6"_s);
        QTest::keyClick(&chart, Qt::Key_Escape);
        QCOMPARE(chart.valueText(), u"42"_s);
        QCOMPARE(pointed.count(), 4);
        // In an outage nothing is known.
        chart.pointAt(kBegin + 30min);
        QCOMPARE(chart.valueText(), u"nothing recorded"_s);
    }

    void whoDoesNotSeeAChartIsToldOfIt()
    {
        FigureChart chart({u"Joins"_s, u"/s"_s, &Summary::users, &wholeText});
        chart.show(contents());
        QAccessibleInterface *told = QAccessible::queryAccessibleInterface(&chart);
        QVERIFY(told);
        QCOMPARE(told->role(), QAccessible::Chart);
        QCOMPARE(told->text(QAccessible::Name), u"Joins"_s);
        QCOMPARE(told->text(QAccessible::Value), u"42 /s"_s);
        QCOMPARE(told->text(QAccessible::Description), u"least 1, most 9"_s);
    }

    /// The first ten of them, each cut, and how many more there are.
    void aTipOfManyMarksIsShort()
    {
        FigureChart chart({u"Joins"_s, u"/s"_s, &Summary::users, &wholeText});
        FigureChart::Contents all = contents();
        for (int i = 0; i < 1000; ++i)
            all.marks.push_back({kBegin + 30min, u"mark %1 <b>"_s.arg(i) + QString(5000, u'x')});
        chart.resize(300, 200);
        chart.show(all);
        QString tip;
        for (int x = 0; x < chart.width() && tip.isEmpty(); ++x) {
            QHelpEvent hover(QEvent::ToolTip, {x, 100}, chart.mapToGlobal(QPoint(x, 100)));
            QApplication::sendEvent(&chart, &hover);
            tip = QTextDocumentFragment::fromHtml(QToolTip::text()).toPlainText();
        }
        QToolTip::hideText();
        const QStringList lines = tip.split(u'\n');
        QCOMPARE(lines.size(), 11);
        QVERIFY2(lines[9].contains(u"mark 9 <b>"_s), qPrintable(lines[9]));
        QVERIFY2(lines.last().contains(u"990 more"_s), qPrintable(lines.last()));
        QVERIFY(tip.size() < 2100);
    }

private:
    static Figures record(std::chrono::seconds after, qint64 users)
    {
        return {.time = kBegin + after, .users = users};
    }
    static Overview overview(std::chrono::seconds after, qint64 users)
    {
        return {.figures = record(after, users)};
    }
    static FigureChart::Contents contents()
    {
        return {.parts = {{{.time = kBegin, .users = {1, 2, 3}},
                           {.time = kBegin + 120s, .users = {4, 6, 9}}}},
                .range = Range::Hour,
                .now = kBegin + 55min,
                .latest = {.time = kBegin + 55min, .users = {42, 42, 42}}};
    }
};

PRESENCE_WIDGET_TEST(TestFigureHistory)
#include "tst_figurehistory.moc"
