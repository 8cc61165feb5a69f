// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QFormLayout>
#include <QJsonDocument>
#include <QTcpServer>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// A node that became unreachable, as the daemon tells of it.
static const QJsonObject kLostNode{
    {"kind"_L1, "node_unreachable"_L1},
    {"node"_L1, "presence@lost"_L1},
    {"devices"_L1, 2},
    {"lost"_L1,
     QJsonObject{{"users"_L1, 2},
                 {"returned"_L1, 1},
                 {"expired"_L1, 1},
                 {"complete"_L1, true},
                 {"examples"_L1,
                  QJsonArray{QJsonObject{{"user_id"_L1, "ann"_L1}, {"outcome"_L1, "expired"_L1}},
                             QJsonObject{{"user_id"_L1, "ben"_L1},
                                         {"outcome"_L1, "returned"_L1},
                                         {"node"_L1, "presence@b"_L1},
                                         {"after"_L1, 4000}}}}}}};

/// What the first page says of a cluster.
class TestOverviewPage : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        openWindow();
    }
    void cleanupTestCase() { end(); }

    /// Before anything is known, nothing is said to be so.
    void atFirstItWaitsForAnAnswer()
    {
        const auto say = [this](const QString &text) {
            return std::ranges::all_of(
                std::array{u"nodes"_s, u"workspaces"_s, u"incidents"_s},
                [&](const QString &name) { return table(name)->emptyText() == text; });
        };
        QVERIFY(say(u"Not connected"_s));
        QTcpServer silent;
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        const QUrl there(u"http://127.0.0.1:%1"_s.arg(silent.serverPort()));
        m_window->open({u"silent"_s, there, {}}, "none"_ba, false);
        QVERIFY(say(u"Waiting for the first answer …"_s));
        picture(u"waiting"_s);
        m_window->open(here(), adminToken(), false);
        QVERIFY(say(u"Waiting for the first answer …"_s));
        QTRY_VERIFY(m_window->models().overview.hasData());
        QVERIFY(table(u"workspaces"_s)->emptyText().startsWith(u"Nobody is online."_s));
        QVERIFY(table(u"incidents"_s)->emptyText().startsWith(u"Nothing happened"_s));
    }

    /// Also after the focus was at another one.
    void tabEntersAtTheRangeThatIsChosen()
    {
        const std::array buttons{named<QToolButton>(u"Last 5 minutes"_s),
                                 named<QToolButton>(u"Last hour"_s),
                                 named<QToolButton>(u"Last 24 hours"_s)};
        QVERIFY(buttons[1]->isChecked());
        const auto enter = [&] {
            table(u"nodes"_s)->setFocus();
            for (int i = 0; i < 60; ++i) {
                press(Qt::Key_Tab);
                const auto found = std::ranges::find(buttons, QApplication::focusWidget());
                if (found != buttons.end())
                    return *found;
            }
            return static_cast<QToolButton *>(nullptr);
        };
        QCOMPARE(enter(), buttons[1]);
        press(Qt::Key_Right);
        QVERIFY(buttons[2]->isChecked());
        QCOMPARE(enter(), buttons[2]);
        buttons[0]->setFocus();
        QCOMPARE(enter(), buttons[2]);
    }

    void whoWasOnANodeIsListed()
    {
        m_window->showPage(MainWindow::OverviewId);
        m_fixture.cli({u"XADD"_s, u"presence:incidents"_s, u"*"_s, u"time"_s,
                       QString::number((m_fixture.now() - 60) * 1000), u"incident"_s,
                       QString::fromUtf8(QJsonDocument(kLostNode).toJson(QJsonDocument::Compact))});
        auto *incidents = table(u"incidents"_s);
        const auto rowOf = [incidents](const QString &what) {
            const QAbstractItemModel *model = incidents->model();
            const auto found = model->match(model->index(0, IncidentsModel::WhereColumn),
                                            Qt::DisplayRole, what, 1, Qt::MatchExactly);
            return found.isEmpty() ? -1 : found.first().row();
        };
        QTRY_VERIFY(rowOf(u"presence@lost"_s) >= 0);
        QVERIFY(!table(u"lostUsers"_s)->isVisible());
        incidents->setFocus();
        incidents->selectRow(rowOf(u"presence@lost"_s));
        QTest::keyClick(incidents, Qt::Key_Return);
        QTRY_VERIFY(table(u"lostUsers"_s)->isVisible());
        const QAbstractItemModel *users = table(u"lostUsers"_s)->model();
        QCOMPARE(users->rowCount(), 2);
        QStringList outcomes{users->index(0, 1).data().toString(),
                             users->index(1, 1).data().toString()};
        outcomes.sort();
        QCOMPARE(outcomes.first(), u"did not come back: expired"_s);
        QCOMPARE(outcomes.last(), u"reconnected to presence@b"_s);
    }

    void chartsAreReadByKeyboard()
    {
        auto *charts = m_window->findChild<FigureCharts *>();
        click(m_window->findChild<QToolButton *>(u"range0"_s));
        QCOMPARE(charts->range(), Range::FiveMinutes);
        child<QCheckBox>(u"byNode"_s)->setChecked(true);
        const auto all = charts->charts();
        QTRY_VERIFY(!all[0]->spanText().isEmpty());
        all[0]->setFocus();
        QTest::keyClick(all[0], Qt::Key_Home);
        const auto *time = child<QLabel>(u"chartTime"_s);
        QVERIFY2(time->text().contains(u"UTC"_s), qPrintable(time->text()));
        QTest::keyClick(all[0], Qt::Key_Right);
        for (const FigureChart *chart : all)
            QVERIFY(chart->valueText() != u"nothing recorded"_s);
        QTest::keyClick(all[0], Qt::Key_Escape);
        QCOMPARE(time->text(), QString());
        QCOMPARE(QSettings().value(u"overview/range"_s).toInt(), int(Range::FiveMinutes));
    }

    void numbersAreNotCut()
    {
        press(Qt::Key_1, Qt::ControlModifier);
        constexpr int kMemory = 8;
        TableView *nodes = table(u"nodes"_s);
        nodes->setColumnWidth(kMemory, 20);
        const QAbstractItemView *view = nodes;
        QTRY_VERIFY(nodes->columnWidth(kMemory) >= view->sizeHintForColumn(kMemory));
    }

    void nodesWithoutALineAreCounted()
    {
        constexpr int kNodes = 9;
        for (int i = 0; i < kNodes; ++i) {
            const QString name = u"presence@%1"_s.arg(i);
            m_fixture.cli(
                {u"ZADD"_s, u"presence:nodes"_s, QString::number(m_fixture.now() + 10), name});
            m_fixture.cli({u"HSET"_s, u"presence:node:"_s + name, u"devices"_s, u"1"_s});
        }
        QTRY_COMPARE(table(u"nodes"_s)->model()->rowCount(), kNodes + 1);
        click(named<QToolButton>(u"Last 5 minutes"_s));
        child<QCheckBox>(u"byNode"_s)->setChecked(true);
        QTRY_VERIFY(m_window->findChild<QLabel *>(u"moreNodes"_s));
        QCOMPARE(child<QLabel>(u"moreNodes"_s)->text(), u"and 4 more"_s);
        const auto *charts = m_window->findChild<FigureCharts *>();
        QTRY_VERIFY(charts->mapTo(&*m_window, QPoint(charts->width(), 0)).x() <= m_window->width());
        picture(u"by-node"_s);
    }

    /// On every page.
    void distancesAreOnTheGrid()
    {
        const auto isOnGrid = [](int distance) {
            return distance == 0 || distance == 4 || distance == 8 || distance == 16;
        };
        for (const QLayout *layout : m_window->centralWidget()->findChildren<QLayout *>()) {
            if (layout->inherits("QStackedLayout"))
                continue; // shows one at a time
            const auto *form = qobject_cast<const QFormLayout *>(layout);
            const QMargins margins = layout->contentsMargins();
            for (const int distance :
                 {form ? form->horizontalSpacing() : layout->spacing(),
                  form ? form->verticalSpacing() : layout->spacing(), margins.left(), margins.top(),
                  margins.right(), margins.bottom()})
                QVERIFY2(isOnGrid(distance),
                         qPrintable(u"%1 of %2 in %3"_s.arg(distance).arg(
                             QLatin1StringView(layout->metaObject()->className()),
                             layout->parentWidget() ? QLatin1StringView(
                                 layout->parentWidget()->metaObject()->className())
                                                    : QLatin1StringView())));
        }
    }
};

PRESENCE_WIDGET_TEST(TestOverviewPage)
#include "tst_overviewpage.moc"
