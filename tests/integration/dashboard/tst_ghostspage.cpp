// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// Devices that are there only by mistake.
class TestGhostsPage : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { begin({u"amy"_s, u"bob"_s, u"carl"_s}); }
    void cleanupTestCase() { end(); }

    /// As many as are chosen, by one question, and by keyboard alone.
    void ghostsAreForgottenByOneQuestion()
    {
        for (const QString &user : {u"amy"_s, u"bob"_s, u"carl"_s})
            m_fixture.cli({u"HSET"_s, u"presence:user:"_s + user, u"session:0badc0de-1"_s,
                           u"%1 1 a phone acme"_s.arg((m_fixture.now() + 20) * 1000)});
        m_window->showPage(MainWindow::GhostsId);
        TableView *ghosts = table(u"ghosts"_s);
        const auto areFound = [this, ghosts] {
            m_window->models().ghosts.search();
            return ghosts->model()->rowCount() == 3;
        };
        QTRY_VERIFY(areFound());
        ghosts->setFocus();
        QTest::keyClick(ghosts, Qt::Key_A, Qt::ControlModifier);
        auto *forget = child<QPushButton>(u"forget"_s);
        QTRY_VERIFY2(forget->text().contains(u"3"_s), qPrintable(forget->text()));
        QTest::keyClick(ghosts, Qt::Key_F, Qt::AltModifier);
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"Forget 3 ghost"_s));
        auto *confirm = visibleBar()->findChild<QPushButton *>(u"confirm"_s);
        confirm->setFocus();
        QTest::keyClick(confirm, Qt::Key_Return);
        QTRY_VERIFY(visibleBar() && visibleBar()->text().startsWith(u"3 ghost"_s));
        QTRY_COMPARE(ghosts->model()->rowCount(), 0);
        click(visibleBar()->findChild<QPushButton *>(u"cancel"_s));
    }
};

PRESENCE_WIDGET_TEST(TestGhostsPage)
#include "tst_ghostspage.moc"
