// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/datalabel.h"
#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QScreen>
#include <QTcpServer>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// The window as an operator uses it: by mouse and keyboard.
class TestWindow : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        join(u"amy"_s, m_fixture.daemon.port());
        openWindow();
        m_window->openLastUsed();
    }
    void cleanupTestCase() { end(); }

    void atFirstItAsksWhereToConnect()
    {
        QVERIFY(child<QLineEdit>(u"profileUrl"_s)->isVisible());
        click(child<QPushButton>(u"connect"_s));
        QVERIFY(visibleBar());
        QVERIFY(visibleBar()->text().contains(u"token"_s));
    }

    void itConnectsByTheForm()
    {
        type(child<QLineEdit>(u"profileUrl"_s),
             u"http://127.0.0.1:%1"_s.arg(m_fixture.daemon.port()));
        type(child<QLineEdit>(u"profileToken"_s), QString::fromLatin1(adminToken()));
        QTest::keyClick(child<QLineEdit>(u"profileToken"_s), Qt::Key_Return);
        QTRY_VERIFY(child<QLabel>(u"state"_s)->text().contains(u"connected to node"_s));
        QTRY_COMPARE(table(u"nodes"_s)->model()->rowCount(), 1);
    }

    void isItHealthy()
    {
        const auto *verdict = child<VerdictBar>(u"verdict"_s);
        QTRY_COMPARE(verdict->verdict().level, VerdictText::Level::Healthy);
        const QString name = u"presence@gone"_s;
        m_fixture.cli(
            {u"ZADD"_s, u"presence:nodes"_s, QString::number(m_fixture.now() - 20), name});
        m_fixture.cli({u"HSET"_s, u"presence:node:"_s + name, u"devices"_s, u"23"_s});
        QTRY_COMPARE(verdict->verdict().level, VerdictText::Level::Degraded);
        QVERIFY(verdict->accessibleName().startsWith(u"Degraded: presence@gone unreachable"_s));
        auto *pages = child<Navigation>(u"navigation"_s);
        QTRY_VERIFY(pages->item(MainWindow::OverviewId)
                        ->data(Qt::AccessibleTextRole)
                        .toString()
                        .startsWith(u"Overview, 1 node"_s));
        // By keyboard to where it is shown.
        press(Qt::Key_5, Qt::ControlModifier);
        QVERIFY(!table(u"nodes"_s)->isVisible());
        auto *link = verdict->findChild<LinkButton *>();
        link->setFocus();
        QTest::keyClick(link, Qt::Key_Return);
        QTRY_VERIFY(table(u"nodes"_s)->isVisible());
        m_fixture.cli({u"ZREM"_s, u"presence:nodes"_s, name});
        QTRY_COMPARE(verdict->verdict().level, VerdictText::Level::Healthy);
    }

    /// What is shown under a name is of that one, also while it cannot be reached.
    void anotherConnectionBeginsEmpty()
    {
        m_window->openUser(u"amy"_s);
        QTRY_COMPARE(table(u"sessions"_s)->model()->rowCount(), 1);
        const Profile here = m_window->models().connection.profile();
        const auto isEmpty
            = [this](const QString &name) { return table(name)->model()->rowCount() == 0; };
        QVERIFY(!isEmpty(u"nodes"_s));
        QTcpServer nobody;
        QVERIFY(nobody.listen(QHostAddress::LocalHost));
        const QUrl there(u"http://127.0.0.1:%1"_s.arg(nobody.serverPort()));
        m_window->setNotice(u"Demo"_s);
        m_window->open({u"elsewhere"_s, there, {}}, "none"_ba, false);
        QVERIFY(!child<QLabel>(u"notice"_s)->isVisible()); // it was of the one before
        QVERIFY(child<QLabel>(u"state"_s)->text().contains(u"elsewhere"_s));
        QVERIFY(!m_window->models().overview.hasData());
        QVERIFY(m_window->models().overview.history().hour().empty());
        for (const QString &name : {u"nodes"_s, u"users"_s, u"sessions"_s})
            QVERIFY2(isEmpty(name), qPrintable(name));
        m_window->open(here, adminToken(), false);
        QTRY_VERIFY(!isEmpty(u"nodes"_s));
    }

    void aNoticeIsAboveEveryPage()
    {
        const QString notice = u"Demo: simulated users"_s;
        m_window->setNotice(notice);
        for (const auto key : {Qt::Key_1, Qt::Key_2, Qt::Key_6}) {
            press(key, Qt::ControlModifier);
            QVERIFY(child<QLabel>(u"notice"_s)->isVisible());
        }
        QCOMPARE(child<QLabel>(u"notice"_s)->text(), notice);
        QVERIFY(m_window->windowTitle().startsWith(notice));
    }

    void longNamesMakeTheWindowNoWider()
    {
        m_window->openUser(u"amy"_s);
        QTRY_VERIFY(child<QLabel>(u"why"_s)->isVisible());
        const int before = m_window->minimumSizeHint().width();
        const Profile here = m_window->models().connection.profile();
        Profile named = here;
        named.name = QString(5000, u'W');
        const QByteArray token = adminToken();
        m_window->open(named, token, false);
        m_window->openUser(QString(128, u'W'));
        QTRY_VERIFY(child<QLabel>(u"state"_s)->text().contains(u"connected to node"_s));
        QTRY_VERIFY(child<QLabel>(u"userStatus"_s)->text().contains(u"offline"_s));
        QTRY_VERIFY2(m_window->minimumSizeHint().width() <= before, // once all users are there
                     qPrintable(QString::number(m_window->minimumSizeHint().width())));
        m_window->open(here, token, false);
        QTRY_VERIFY(child<QLabel>(u"state"_s)->text().contains(u"connected to node"_s));
    }

    void whatIsOldIsShownAsOld()
    {
        QTRY_VERIFY(m_window->models().overview.hasData());
        press(Qt::Key_1, Qt::ControlModifier);
        QCOMPARE(m_fixture.daemon.stop(), 0);
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"old"_s));
        QVERIFY(child<QLabel>(u"state"_s)->text().contains(u"not connected"_s));
        QCOMPARE(child<VerdictBar>(u"verdict"_s)->verdict().level, VerdictText::Level::Unknown);
        for (const DataLabel *label : m_window->findChildren<DataLabel *>())
            QVERIFY2(label->accessibleDescription().contains(u"old"_s), qPrintable(label->text()));
        QVERIFY(m_fixture.daemon.start());
        m_window->close();
        // What was chosen is there again.
        QVERIFY(QSettings().contains(u"window/geometry"_s));
    }

    // Of a screen that was larger, or had another scale.
    void noWindowIsLargerThanItsScreen()
    {
        m_window->resize(4000, 3000);
        QSettings().setValue(u"window/geometry"_s, m_window->saveGeometry());
        const QSize screen = m_window->screen()->availableSize();
        MainWindow again;
        again.show();
        QVERIFY(QTest::qWaitForWindowExposed(&again));
        QVERIFY(again.width() <= screen.width() && again.height() <= screen.height());
        QVERIFY(again.screen()->availableGeometry().contains(again.geometry()));
        // At twice the scale there is room for half of it.
        const QSize least = again.minimumSizeHint();
        QVERIFY2(least.width() <= 640 && least.height() <= 400,
                 qPrintable(u"%1 x %2"_s.arg(least.width()).arg(least.height())));
    }
};

PRESENCE_WIDGET_TEST(TestWindow)
#include "tst_window.moc"
