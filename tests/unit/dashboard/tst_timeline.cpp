// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/texts.h"
#include "admin/view/timelinestrip.h"
#include "tests/support/testregistry.h"

#include <QAccessible>
#include <QApplication>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <QTextDocumentFragment>
#include <QToolTip>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static const Seconds kNow{1'763'000'000s};

static ChangeRow changeAt(std::chrono::seconds ago, Status seen, const QByteArray &cause = "set")
{
    return {.at = kNow - ago, .seen = seen, .chosen = seen, .cause = cause};
}

class TestTimeline : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void spansFillTheTime_data()
    {
        using Spans = std::vector<TimelineSpan>;
        QTest::addColumn<std::vector<ChangeRow>>("changes");
        QTest::addColumn<Spans>("spans");
        const Seconds from = kNow - 100s;
        const auto row = [](const char *name, std::vector<ChangeRow> changes, Spans spans) {
            QTest::newRow(name) << std::move(changes) << std::move(spans);
        };
        row("nothing is known", {}, {{from, kNow, {}, {}}});
        row("since a while", {changeAt(40s, Status::Busy)},
            {{from, kNow - 40s, {}, {}}, {kNow - 40s, kNow, Status::Busy, 0}});
        row("one before it began", {changeAt(40s, Status::Away), changeAt(500s, Status::Busy)},
            {{from, kNow - 40s, Status::Busy, 1}, {kNow - 40s, kNow, Status::Away, 0}});
        row("two in a second", {changeAt(40s, Status::Away), changeAt(40s, Status::Busy)},
            {{from, kNow - 40s, {}, {}}, {kNow - 40s, kNow, Status::Away, 0}});
        row("by a clock that is ahead", {changeAt(-5s, Status::Busy), changeAt(40s, Status::Away)},
            {{from, kNow - 40s, {}, {}},
             {kNow - 40s, kNow, Status::Away, 1},
             {kNow, kNow, Status::Busy, 0}});
    }
    void spansFillTheTime()
    {
        QFETCH(std::vector<ChangeRow>, changes);
        QFETCH(std::vector<TimelineSpan>, spans);
        QVERIFY(timelineOf(changes, kNow - 100s, kNow) == spans);
    }

    void keysGoFromChangeToChange()
    {
        TimelineStrip strip;
        strip.show({changeAt(60s, Status::Away, "idle"), changeAt(2h, Status::Busy),
                    changeAt(3h, Status::Online, "connected"), changeAt(30h, Status::Offline)},
                   kNow);
        QSignalSpy chosen(&strip, &TimelineStrip::changeChosen);
        QTest::keyClick(&strip, Qt::Key_Left);
        QVERIFY(strip.valueText().startsWith(u"away since "_s));
        QVERIFY(strip.valueText().contains(u"a device became idle"_s));
        QTest::keyClick(&strip, Qt::Key_Home);
        QVERIFY(strip.valueText().startsWith(u"online from "_s));
        QTest::keyClick(&strip, Qt::Key_Left); // what is older is not shown
        QVERIFY(strip.valueText().startsWith(u"online from "_s));
        QTest::keyClick(&strip, Qt::Key_Right);
        QVERIFY(strip.valueText().startsWith(u"busy from "_s));
        QVERIFY(strip.valueText().contains(u"the status was set"_s));
        QCOMPARE(chosen.size(), 4);
        QVERIFY(chosen.last()[0].value<ChangeRow>() == changeAt(2h, Status::Busy));
    }

    void itIsReadAloud()
    {
        TimelineStrip strip;
        strip.show({changeAt(60s, Status::Away, "idle")}, kNow);
        QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(&strip);
        QVERIFY(interface);
        QCOMPARE(interface->text(QAccessible::Name), u"What others saw in the last 24 hours"_s);
        QCOMPARE(interface->text(QAccessible::Value), strip.valueText());
        QVERIFY(strip.valueText().startsWith(u"away since "_s));
    }

    void whatAUserSaysIsTextInATip()
    {
        TimelineStrip strip;
        ChangeRow change = changeAt(60s, Status::Busy);
        change.customMessage = "<b>bold</b>";
        strip.show({change}, kNow);
        QTest::keyClick(&strip, Qt::Key_Left);
        QVERIFY2(QToolTip::text().contains(u"&lt;b&gt;bold"_s), qPrintable(QToolTip::text()));
    }

    /// Within one pixel; the first ones, and how many more there are.
    void aTipOfManyChangesIsShort()
    {
        TimelineStrip strip;
        strip.resize(480, 80);
        std::vector<ChangeRow> changes;
        for (int i = 0; i < 60; ++i) {
            changes.push_back(changeAt(std::chrono::seconds(43'100 + i),
                                       i % 2 == 0 ? Status::Busy : Status::Away));
            changes.back().customMessage = QByteArray(5000, 'x');
        }
        strip.show(changes, kNow);
        qsizetype most = 0;
        QString longest;
        for (int x = 230; x < 250; ++x) {
            QMouseEvent move(QEvent::MouseMove, QPointF(x, 10), strip.mapToGlobal(QPointF(x, 10)),
                             Qt::NoButton, Qt::NoButton, Qt::NoModifier);
            QApplication::sendEvent(&strip, &move);
            const QString tip = QTextDocumentFragment::fromHtml(QToolTip::text()).toPlainText();
            QVERIFY(tip.size() < 2100);
            if (tip.count(u'\n') > most) {
                most = tip.count(u'\n');
                longest = tip;
            }
        }
        QVERIFY2(longest.contains(u"more"_s), qPrintable(longest));
        QVERIFY2(most <= 12, qPrintable(longest));
        QToolTip::hideText();
    }

    void aClickChoosesTheChangeThatBeganIt()
    {
        TimelineStrip strip;
        strip.resize(480, 80);
        strip.show({changeAt(6h, Status::Away), changeAt(12h, Status::Busy)}, kNow);
        QSignalSpy chosen(&strip, &TimelineStrip::changeChosen);
        QTest::mouseClick(&strip, Qt::LeftButton, {}, {60, 10}); // not known
        QCOMPARE(chosen.size(), 0);
        QTest::mouseClick(&strip, Qt::LeftButton, {}, {300, 10});
        QVERIFY(strip.valueText().startsWith(u"busy from "_s));
        QCOMPARE(chosen.size(), 1);
    }

    void nothingKnownIsSaid()
    {
        TimelineStrip strip;
        strip.show({}, kNow);
        QVERIFY(strip.valueText().startsWith(u"not known before "_s));
        QTest::keyClick(&strip, Qt::Key_Left);
        QVERIFY(!strip.grab().isNull());
    }

    void whoDidItIsSaidInWords_data()
    {
        using By = ChangeRow::By;
        QTest::addColumn<ChangeRow>("change");
        QTest::addColumn<QString>("text");
        const auto row = [](const ChangeRow &change, const QString &text) {
            QTest::newRow(qPrintable(text)) << change << text;
        };
        row({.cause = "set", .device = DeviceId("web:1")}, u"the status was set, by the user"_s);
        row({.cause = "set"}, u"the status was set"_s); // a version before this one does not say
        row({.cause = "set", .by = By::Operator, .byId = UserId("olga")},
            u"the status was set, by the operator olga"_s);
        row({.cause = "signed_off", .by = By::Service, .byId = UserId("robot")},
            u"a device was signed off, by the service robot"_s);
        row({.cause = "silent", .node = "node-1"}, u"its node died"_s);
        row({.cause = "silent"}, u"its heartbeat timed out"_s);
        row({.cause = "expired"}, u"the status expired"_s);
        row({.cause = "of a later version"}, u"of a later version"_s);
    }
    void whoDidItIsSaidInWords()
    {
        QFETCH(ChangeRow, change);
        QFETCH(QString, text);
        QCOMPARE(causeText(change), text);
    }
};

PRESENCE_WIDGET_TEST(TestTimeline)
#include "tst_timeline.moc"
