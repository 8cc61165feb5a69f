// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QTcpServer>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// What the first page says of a cluster.
class TestOverviewPage : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        openWindow();
    }
    void cleanupTestCase()
    {
        m_window.reset();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

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
        m_window->open({u"here"_s, urlOf(m_fixture.daemon), {}}, adminToken(), false);
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

private:
    DaemonFixture m_fixture{{}, RedisServer::Options{}};
};

PRESENCE_WIDGET_TEST(TestOverviewPage)
#include "tst_overviewpage.moc"
