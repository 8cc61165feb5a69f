// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/app/mainwindow.h"
#include "admin/app/translations.h"
#include "admin/view/datalabel.h"
#include "admin/view/theme.h"
#include "admin/view/timelinestrip.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QScreen>
#include <QSettings>
#include <QTcpServer>
#include <QTemporaryDir>

#include <optional>

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

/// The window as an operator uses it: by mouse and keyboard.
class TestWindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QSettings().clear();
        installTranslations(QLocale(QLocale::English));
        applyScheme(Scheme::Light);
        QVERIFY(m_fixture.start());
        for (const QString &name : {u"amy"_s, u"bob"_s, u"carl"_s})
            m_members.push_back(device(name));
        QVERIFY(m_observer.start(m_fixture.daemon.port(), u"zoe"_s, u"phone"_s, u"acme"_s));
        m_window.emplace();
        m_window->openLastUsed();
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&*m_window));
    }
    void cleanupTestCase()
    {
        m_window.reset();
        m_members.clear();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

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
        type(child<QLineEdit>(u"profileToken"_s),
             QString::fromLatin1(tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}})));
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

    void usersAreFilteredAsOneTypes()
    {
        press(Qt::Key_2, Qt::ControlModifier);
        TableView *users = table(u"users"_s);
        QTRY_VERIFY(users->isVisible());
        QTRY_COMPARE(users->model()->rowCount(), 4);
        press(Qt::Key_F, Qt::ControlModifier);
        QTRY_VERIFY(child<QLineEdit>(u"userFilter"_s)->hasFocus());
        QTest::keyClicks(child<QLineEdit>(u"userFilter"_s), u"ZO"_s);
        QTRY_COMPARE(users->model()->rowCount(), 1);
        QCOMPARE(users->model()->index(0, UsersModel::UserColumn).data().toString(), u"zoe"_s);
    }

    void rowsAreCopiedAsText()
    {
        TableView *users = table(u"users"_s);
        users->selectRow(0);
        users->setFocus();
        QTest::keyClick(users, Qt::Key_C, Qt::ControlModifier);
        QTRY_VERIFY(QGuiApplication::clipboard()->text().contains(u"\tzoe\t"_s));
    }

    /// By keyboard alone, what is filtered only, and the page says how many and where.
    void aTableIsExported()
    {
        const QTemporaryDir folder;
        QSettings().setValue(u"export/folder"_s, folder.path());
        press(Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(m_window->findChild<QFileDialog *>());
        auto *dialog = child<QFileDialog>({});
        QVERIFY(dialog->windowTitle().contains(u"1 row"_s));
        QCOMPARE(dialog->directory().path(), folder.path());
        const QString proposed = dialog->findChild<QLineEdit *>()->text();
        QVERIFY2(proposed.startsWith(u"users-2"_s) && proposed.endsWith(u".csv"_s),
                 qPrintable(proposed));
        auto *name = dialog->findChild<QLineEdit *>();
        name->selectAll();
        QTest::keyClicks(name, u"shown.jsonl"_s);
        QTest::keyClick(name, Qt::Key_Return);
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"1 row w"_s));
        QVERIFY(visibleBar()->text().contains(folder.filePath(u"shown.jsonl"_s)));
        QFile file(folder.filePath(u"shown.jsonl"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject user = QJsonDocument::fromJson(file.readLine()).object();
        QCOMPARE(user["user_id"_L1], "zoe"_L1);
        QCOMPARE(user["devices"_L1], 1);
        QVERIFY(file.atEnd());
        click(visibleBar()->findChild<QPushButton *>(u"cancel"_s));
    }

    void aUserIsOpenedFromTheTable()
    {
        TableView *users = table(u"users"_s);
        const QRect cell = users->visualRect(users->model()->index(0, UsersModel::UserColumn));
        QTest::mouseClick(users->viewport(), Qt::LeftButton, {}, cell.center());
        QTest::keyClick(users, Qt::Key_Return);
        QTRY_VERIFY(child<QLabel>(u"why"_s)->isVisible());
        QTRY_VERIFY(child<QLabel>(u"why"_s)->text().contains(u"so it is online"_s));
        QTRY_COMPARE(table(u"sessions"_s)->model()->rowCount(), 1);
        QVERIFY(users->isVisible());
    }

    /// The daemon is asked for where one stops.
    void theDetailsFollowTheTable()
    {
        TableView *users = table(u"users"_s);
        child<QLineEdit>(u"userFilter"_s)->clear();
        QTRY_COMPARE(users->model()->rowCount(), 4);
        QCOMPARE(users->currentId(UserRole), u"zoe"_s);
        UserDetailsModel &shown = m_window->models().user;
        QStringList asked;
        const auto noting = connect(&shown, &UserDetailsModel::changed, &shown, [&] {
            if (!asked.contains(shown.user().toString()))
                asked.append(shown.user().toString());
        });
        users->setFocus();
        for (int i = 0; i < 3; ++i)
            QTest::keyClick(users, Qt::Key_Up);
        QTRY_COMPARE(child<QLabel>(u"userName"_s)->text(), u"amy"_s);
        QTRY_VERIFY(shown.hasDetails());
        asked.removeAll(u"zoe"_s);
        QCOMPARE(asked, QStringList{u"amy"_s});
        disconnect(noting);
    }

    /// Rows that go away change nothing in it.
    void theDetailsStayWhileTheTableIsFiltered()
    {
        TableView *users = table(u"users"_s);
        QTest::keyClicks(child<QLineEdit>(u"userFilter"_s), u"o"_s);
        QTRY_COMPARE(users->model()->rowCount(), 2);
        QSignalSpy refreshed(&m_window->models().user, &UserDetailsModel::changed);
        QTRY_COMPARE(refreshed.count(), 2); // longer than who moves is waited for
        QCOMPARE(child<QLabel>(u"userName"_s)->text(), u"amy"_s);
        child<QLineEdit>(u"userFilter"_s)->clear();
        QTRY_COMPARE(users->currentId(UserRole), u"amy"_s);
        QVERIFY(users->selectionModel()->isRowSelected(users->currentIndex().row()));
    }

    void theDetailsAreClosedByEscape()
    {
        auto *why = child<QLabel>(u"why"_s);
        QTRY_VERIFY(why->isVisible());
        table(u"sessions"_s)->setFocus();
        QTest::keyClick(table(u"sessions"_s), Qt::Key_Escape);
        QVERIFY(!why->isVisible());
        QVERIFY(table(u"users"_s)->hasFocus());
        m_window->showPage(MainWindow::OverviewId);
        m_window->openUser(u"nobody"_s);
        QTRY_VERIFY(why->isVisible());
        QVERIFY(why->text().contains(u"Nothing is stored"_s));
        click(child<QPushButton>(u"closeUser"_s));
        QVERIFY(!why->isVisible());
        m_window->openUser(u"zoe"_s);
        QTRY_VERIFY(why->text().contains(u"so it is online"_s));
    }

    void aStatusIsSetAndTheClientSeesIt()
    {
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
        QTRY_COMPARE(cell(0, 4), u"the status was set, by the operator olga"_s);
        QCOMPARE(cell(0, 1), u"busy"_s);
        auto *strip = child<TimelineStrip>(u"timelineStrip"_s);
        QVERIFY(strip->isVisible());
        strip->setFocus();
        QTest::keyClick(strip, Qt::Key_Home);
        QVERIFY(strip->valueText().contains(u"a device connected"_s));
        QCOMPARE(cell(rows->currentIndex().row(), 4), u"a device connected"_s);
        QCOMPARE(cell(rows->currentIndex().row(), 5), cell(rows->model()->rowCount() - 1, 5));
        QVERIFY(!cell(rows->currentIndex().row(), 5).isEmpty());
        QTest::keyClick(strip, Qt::Key_End);
        QVERIFY(strip->valueText().startsWith(u"busy since "_s));
        QCOMPARE(rows->currentIndex().row(), 0);
    }

    void whatAUserWritesIsText()
    {
        const QString message = u"<img src='file:///dev/null'><b>bold</b>"_s;
        m_members[1]->push(u"presence:bob"_s, u"set_status"_s,
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

    /// What is shown under a name is of that one, also while it cannot be reached.
    void anotherConnectionBeginsEmpty()
    {
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
        m_window->open(here, tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}), false);
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

    void numbersAreNotCut()
    {
        press(Qt::Key_1, Qt::ControlModifier);
        constexpr int kMemory = 8;
        TableView *nodes = table(u"nodes"_s);
        nodes->setColumnWidth(kMemory, 20);
        const QAbstractItemView *view = nodes;
        QTRY_VERIFY(nodes->columnWidth(kMemory) >= view->sizeHintForColumn(kMemory));
    }

    void longNamesMakeTheWindowNoWider()
    {
        m_window->openUser(u"amy"_s);
        QTRY_VERIFY(child<QLabel>(u"why"_s)->isVisible());
        const int before = m_window->minimumSizeHint().width();
        const Profile here = m_window->models().connection.profile();
        Profile named = here;
        named.name = QString(5000, u'W');
        const QByteArray token = tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}});
        m_window->open(named, token, false);
        m_window->openUser(QString(128, u'W'));
        QTRY_VERIFY(child<QLabel>(u"state"_s)->text().contains(u"connected to node"_s));
        QTRY_VERIFY(child<QLabel>(u"userStatus"_s)->text().contains(u"offline"_s));
        QTRY_VERIFY2(m_window->minimumSizeHint().width() <= before, // once all users are there
                     qPrintable(QString::number(m_window->minimumSizeHint().width())));
        m_window->open(here, token, false);
        QTRY_VERIFY(child<QLabel>(u"state"_s)->text().contains(u"connected to node"_s));
    }

    void whatIsLookedForIsFoundByKeyboard_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("page");
        QTest::addColumn<std::function<bool()>>("isOpened");
        const auto row = [](const char *name, const QString &text, MainWindow::PageId page,
                            std::function<bool()> isOpened) {
            QTest::newRow(name) << text << int(page) << std::move(isOpened);
        };
        Models *models = &m_window->models();
        row("a user", u"car"_s, MainWindow::UsersId,
            [models] { return models->user.user().bytes() == "carl"; });
        row("a device", u"laptop-o"_s, MainWindow::UsersId,
            [models] { return models->user.user().bytes() == "bob"; });
        row("a channel", u"gener"_s, MainWindow::ChannelsId,
            [models] { return models->channelUsers.channel().bytes() == "general"; });
        row("a workspace", u"acm"_s, MainWindow::UsersId,
            [models] { return models->users.workspace().bytes() == "acme"; });
        row("a node", u"presence@"_s, MainWindow::OverviewId,
            [this] { return table(u"nodes"_s)->currentIndex().isValid(); });
    }
    void whatIsLookedForIsFoundByKeyboard()
    {
        QFETCH(QString, text);
        QFETCH(int, page);
        QFETCH(std::function<bool()>, isOpened);
        m_members[1]->push(u"presence:bob"_s, u"join_channel"_s, {{"channel_id"_L1, "general"_L1}});
        const auto laptop = device(u"bob"_s, u"laptop-of-bob"_s);
        press(Qt::Key_5, Qt::ControlModifier);
        search(text);
        QAbstractItemModel *hits = child<QListView>(u"searchHits"_s)->model();
        QTRY_VERIFY(hits->rowCount() > 0);
        QVERIFY(hits->index(0, 0).data().toString().startsWith(text));
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Return);
        QVERIFY(!child<QWidget>(u"search"_s)->isVisible());
        QCOMPARE(child<QListWidget>(u"navigation"_s)->currentRow(), page);
        QVERIFY(child<QStackedWidget>({})->isAncestorOf(QApplication::focusWidget()));
        QTRY_VERIFY(isOpened());
    }

    void theArrowKeysChooseWhatIsOpened()
    {
        setStatus(u"dora.1"_s);
        setStatus(u"dora.2"_s);
        search(u"dora"_s);
        auto *hits = child<QListView>(u"searchHits"_s);
        QTRY_COMPARE(hits->model()->rowCount(), 2);
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Down);
        QCOMPARE(hits->currentIndex().data().toString(), u"dora.2"_s);
        QVERIFY(child<QLineEdit>(u"searchText"_s)->hasFocus());
        QVERIFY(child<QLineEdit>(u"searchText"_s)->accessibleDescription().contains(u"dora.2"_s));
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Return);
        QCOMPARE(child<QLabel>(u"userName"_s)->text(), u"dora.2"_s);
        // The keyboard is in what was opened.
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!child<QPushButton>(u"closeUser"_s)->isVisible());
    }

    void aSearchSaysHowItIs()
    {
        press(Qt::Key_2, Qt::ControlModifier);
        auto *filter = child<QLineEdit>(u"userFilter"_s);
        filter->setFocus();
        search(u"nobody-at-all"_s);
        auto *state = child<QLabel>(u"searchState"_s);
        QVERIFY(state->text().startsWith(u"Searching"_s));
        QTRY_COMPARE(state->text(), u"Nothing found"_s);
        search(u"amy"_s);
        QTRY_VERIFY(state->text().startsWith(u"1 result"_s));
        QVERIFY(child<QLineEdit>(u"searchText"_s)->accessibleDescription().contains(u"amy"_s));
        const QWidget *popup = child<QWidget>(u"search"_s);
        const QSize size = m_window->size();
        m_window->resize(size - QSize(100, 0));
        QTRY_COMPARE(popup->geometry().center().x(), popup->parentWidget()->rect().center().x());
        m_window->resize(size);
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Escape);
        QVERIFY(!child<QWidget>(u"search"_s)->isVisible());
        QVERIFY(filter->hasFocus());
        click(child<QPushButton>(u"openSearch"_s));
        QVERIFY(child<QLineEdit>(u"searchText"_s)->hasFocus());
        click(filter);
        QVERIFY(!child<QWidget>(u"search"_s)->isVisible());
    }

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

    /// The choice is when they may return, and the page says when.
    void usersAreDisconnectedByOneQuestion()
    {
        const auto one = device(u"kick1"_s);
        const auto two = device(u"kick2"_s);
        m_window->showPage(MainWindow::UsersId);
        TableView *users = table(u"users"_s);
        type(child<QLineEdit>(u"userFilter"_s), u"kick"_s);
        QTRY_COMPARE(users->model()->rowCount(), 2);
        users->setFocus();
        QTest::keyClick(users, Qt::Key_A, Qt::ControlModifier);
        auto *disconnect = child<QPushButton>(u"disconnectUsers"_s);
        QTRY_VERIFY(disconnect->isVisible() && disconnect->text().contains(u"2 User"_s));
        click(disconnect);
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"2 user"_s));
        auto *choice = visibleBar()->findChild<QComboBox *>(u"choice"_s);
        choice->setFocus();
        QTest::keyClick(choice, Qt::Key_Down);
        QCOMPARE(choice->currentText(), u"Not within 5 minutes"_s);
        auto *confirm = visibleBar()->findChild<QPushButton *>(u"confirm"_s);
        confirm->setFocus();
        QTest::keyClick(confirm, Qt::Key_Return);
        QCOMPARE(one->waitForClose(), 4002);
        QCOMPARE(two->waitForClose(), 4002);
        QTRY_VERIFY(visibleBar() && visibleBar()->text().contains(u"issued after"_s));
        QTRY_COMPARE(users->model()->rowCount(), 0);
        child<QLineEdit>(u"userFilter"_s)->clear();
        click(visibleBar()->findChild<QPushButton *>(u"cancel"_s));
    }

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

    void whatIsOldIsShownAsOld()
    {
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

private:
    template <typename Widget>
    Widget *child(const QString &name) const
    {
        auto *widget = m_window->findChild<Widget *>(name);
        if (!widget)
            qFatal("there is no %s", qPrintable(name));
        return widget;
    }

    TableView *table(const QString &name) const { return child<TableView>(name); }

    /// The one on the page that is shown, or above it.
    MessageBar *visibleBar() const
    {
        for (MessageBar *bar : m_window->findChildren<MessageBar *>()) {
            if (bar->isVisible())
                return bar;
        }
        return nullptr;
    }

    void click(QWidget *widget) { QTest::mouseClick(widget, Qt::LeftButton); }

    void type(QLineEdit *edit, const QString &text)
    {
        click(edit);
        edit->selectAll();
        QTest::keyClicks(edit, text);
    }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers)
    {
        QTest::keyClick(&*m_window, key, modifiers);
    }

    /// A member says something new until the window shows it.
    bool speakUntil(const std::function<bool()> &isShown)
    {
        m_members[0]->push(
            u"presence:amy"_s, u"set_status"_s,
            {{"status"_L1, "busy"_L1}, {"custom_message"_L1, QString::number(++m_said)}});
        return isShown();
    }

    void search(const QString &text)
    {
        press(Qt::Key_K, Qt::ControlModifier);
        QVERIFY(child<QLineEdit>(u"searchText"_s)->hasFocus());
        QTest::keyClicks(child<QLineEdit>(u"searchText"_s), text);
    }

    /// Somebody who is known, and not connected.
    void setStatus(const QString &user)
    {
        m_window->models().actions.setStatus(*UserId::parse(QStringView(user)),
                                             {.status = Status::Busy});
    }

    std::unique_ptr<PhoenixClient> device(const QString &user, const QString &device = u"web"_s)
    {
        auto client = std::make_unique<PhoenixClient>(m_fixture.daemon.port(), tokenFor(user));
        if (client->open())
            client->join(u"presence:"_s + user,
                         {{"device_id"_L1, device}, {"workspace_id"_L1, "acme"_L1}});
        return client;
    }

    DaemonFixture m_fixture;
    std::vector<std::unique_ptr<PhoenixClient>> m_members;
    ObserverProcess m_observer;
    std::optional<MainWindow> m_window;
    int m_said = 0;
};

PRESENCE_WIDGET_TEST(TestWindow)
#include "tst_window.moc"
