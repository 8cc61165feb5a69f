// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/timelinestrip.h"
#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QProcess>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// A client with the phoenix package, in a process of its own.
class ObserverProcess
{
public:
    bool start(quint16 port, const QString &user, const QString &device, const QString &workspace)
    {
        m_process.setWorkingDirectory(qEnvironmentVariable("E2E"));
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(u"node"_s,
                        {u"observer.mjs"_s, QString::number(port), user, device, workspace});
        return hasHeard([](const QJsonObject &line) { return line["event"_L1] == "joined"_L1; });
    }

    bool hasHeard(const std::function<bool(const QJsonObject &)> &matches)
    {
        return QTest::qWaitFor(
            [&] {
                while (m_process.canReadLine())
                    m_heard.append(QJsonDocument::fromJson(m_process.readLine()).object());
                return std::any_of(m_heard.begin(), m_heard.end(), matches);
            },
            20'000);
    }

private:
    QProcess m_process;
    QList<QJsonObject> m_heard;
};

/// A user, explained and acted upon, and a client that sees it.
class TestUserPage : public PageTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        begin({u"bob"_s});
        QVERIFY(m_observer.start(m_fixture.daemon.port(), u"zoe"_s, u"phone"_s, u"acme"_s));
    }
    void cleanupTestCase() { end(); }

    void aStatusIsSetAndTheClientSeesIt()
    {
        m_window->openUser(u"zoe"_s);
        QTRY_VERIFY(child<QLabel>(u"why"_s)->text().contains(u"so it is online"_s));
        click(child<QPushButton>(u"openStatus"_s));
        auto *status = child<QComboBox>(u"status"_s);
        QTRY_VERIFY(status->isVisible());
        status->setFocus();
        QTest::keyClick(status, Qt::Key_Down);
        QTest::keyClick(status, Qt::Key_Down);
        QCOMPARE(status->currentText(), u"busy"_s);
        click(child<QPushButton>(u"setStatus"_s));
        QVERIFY(m_observer.hasHeard(
            [](const QJsonObject &line) { return line["payload"_L1]["status"_L1] == "busy"_L1; }));
        QTRY_VERIFY(child<QLabel>(u"userStatus"_s)->text().contains(u"busy"_s));
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"is busy now"_s));
    }

    void theTimelineSaysWhatWasAndWhoDidIt()
    {
        TableView *rows = table(u"timeline"_s);
        const auto cell = [rows](int row, int column) {
            return rows->model()->index(row, column).data().toString();
        };
        // Perhaps within the second in which the device connected.
        const QString set = u"the status was set, by the operator olga"_s;
        QTRY_VERIFY(rowWith(rows, set) >= 0);
        QCOMPARE(cell(rowWith(rows, set), 1), u"busy"_s);
        auto *strip = child<TimelineStrip>(u"timelineStrip"_s);
        QVERIFY(strip->isVisible());
        strip->setFocus();
        QTest::keyClick(strip, Qt::Key_Home);
        QVERIFY(strip->valueText().contains(u"a device connected"_s));
        QCOMPARE(cell(rows->currentIndex().row(), 4), u"a device connected"_s);
        QVERIFY(!cell(rows->currentIndex().row(), 5).isEmpty());
        QTest::keyClick(strip, Qt::Key_End);
        QVERIFY(strip->valueText().startsWith(u"busy since "_s));
        QCOMPARE(cell(rows->currentIndex().row(), 4), set);
    }

    void whatAUserWritesIsText()
    {
        const QString message = u"<img src='file:///dev/null'><b>bold</b>"_s;
        m_clients[u"bob"_s]->push(u"presence:bob"_s, u"set_status"_s,
                                  {{"status"_L1, "busy"_L1}, {"custom_message"_L1, message}});
        m_window->openUser(u"bob"_s);
        QTRY_VERIFY(child<QLabel>(u"userStatus"_s)->text().contains(message));
        for (const QLabel *label : m_window->findChildren<QLabel *>()) {
            if (label->textFormat() != Qt::PlainText)
                QVERIFY2(!Qt::mightBeRichText(label->text()), qPrintable(label->text()));
        }
        m_window->openUser(u"zoe"_s);
        QTRY_VERIFY(!child<QLabel>(u"userStatus"_s)->text().contains(message));
    }

    void nothingIsDoneWithoutAWord()
    {
        TableView *sessions = table(u"sessions"_s);
        QTRY_COMPARE(sessions->model()->rowCount(), 1);
        const QRect cell = sessions->visualRect(sessions->model()->index(0, 0));
        QTest::mouseClick(sessions->viewport(), Qt::LeftButton, {}, cell.center());
        QTRY_VERIFY(child<QPushButton>(u"disconnectDevice"_s)->isEnabled());
        QVERIFY(!child<QPushButton>(u"forgetGhost"_s)->isEnabled());
        click(child<QPushButton>(u"disconnectDevice"_s));
        QTRY_VERIFY(visibleBar()
                    && visibleBar()->text().contains(u"Disconnect the device phone"_s));
        // Esc, with the focus on Cancel, and nothing has happened.
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QTRY_VERIFY(!visibleBar());
        QCOMPARE(sessions->model()->rowCount(), 1);
    }

    void aDeviceIsDisconnectedAndTheClientSeesIt()
    {
        click(child<QPushButton>(u"disconnectDevice"_s));
        QTRY_VERIFY(visibleBar());
        click(visibleBar()->findChild<QPushButton *>(u"confirm"_s));
        QVERIFY(
            m_observer.hasHeard([](const QJsonObject &line) { return line["code"_L1] == 4002; }));
        QTRY_COMPARE(table(u"sessions"_s)->model()->rowCount(), 0);
        QTRY_VERIFY(child<QLabel>(u"userStatus"_s)->text().contains(u"offline"_s));
    }

private:
    ObserverProcess m_observer;
};

PRESENCE_WIDGET_TEST(TestUserPage)
#include "tst_userpage.moc"
