// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// What happens, live.
class TestEventsPage : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { begin({u"amy"_s}); }
    void cleanupTestCase() { end(); }

    /// What nobody listened to is said.
    void theEventLogHasGaps()
    {
        press(Qt::Key_5, Qt::ControlModifier);
        EventLogModel &events = m_window->models().events;
        QTRY_VERIFY(speakUntil([&events] { return events.rowCount() > 0; }));
        press(Qt::Key_1, Qt::ControlModifier);
        press(Qt::Key_5, Qt::ControlModifier);
        const auto gaps = [&events] {
            int count = 0;
            for (int row = 0; row < events.rowCount(); ++row)
                count += events.index(row, EventLogModel::WhatColumn)
                             .data()
                             .toString()
                             .startsWith(u"Not listened to from"_s);
            return count;
        };
        QTRY_COMPARE(gaps(), 1);
    }

    void theEventLogPauses()
    {
        press(Qt::Key_5, Qt::ControlModifier);
        auto *pause = child<QPushButton>(u"pause"_s);
        QTRY_VERIFY(pause->isVisible());
        TableView *events = table(u"events"_s);
        QTRY_VERIFY(speakUntil([events] { return events->model()->rowCount() > 0; }));
        events->setFocus();
        QTest::keyClick(events, Qt::Key_Space);
        QVERIFY(pause->isChecked());
        const int before = events->model()->rowCount();
        QTRY_VERIFY(speakUntil([pause] { return pause->text().contains(u"wait"_s); }));
        QCOMPARE(events->model()->rowCount(), before);
        click(pause);
        QVERIFY(events->model()->rowCount() > before);
    }

private:
    /// A member says something new until the window shows it.
    bool speakUntil(const std::function<bool()> &isShown)
    {
        m_clients[u"amy"_s]->push(
            u"presence:amy"_s, u"set_status"_s,
            {{"status"_L1, "busy"_L1}, {"custom_message"_L1, QString::number(++m_said)}});
        return isShown();
    }

    int m_said = 0;
};

PRESENCE_WIDGET_TEST(TestEventsPage)
#include "tst_eventspage.moc"
