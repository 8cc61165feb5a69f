// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How the window is built; windowstate.cpp has the connection that it shows.
#include "admin/app/mainwindow.h"

#include "admin/view/theme.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>
#include <QScreen>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr QKeyCombination kSearchKey = Qt::CTRL | Qt::Key_K;

/// On a screen where a page does not fit it can be scrolled.
static QScrollArea *scrolled(QWidget *page)
{
    auto *area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidget(page);
    area->setBackgroundRole(QPalette::Window);
    return area;
}

MainWindow::MainWindow(QWidget *parent)
    : QMainWindow(parent), m_models(std::make_unique<Models>()), m_pages(new QStackedWidget),
      m_verdict(new VerdictBar), m_bar(new MessageBar), m_tasks(new TaskBars),
      m_question(new MessageBar)
{
    setWindowTitle(tr("Presence"));
    m_connect = new ConnectPage;
    m_pages->addWidget(scrolled(m_connect));
    makePages();
    makeNavigation();
    auto *right = new QWidget;
    auto *column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(makeTop());
    column->addWidget(m_bar);
    column->addWidget(m_question);
    column->addWidget(m_tasks);
    column->addWidget(m_pages, 1);
    auto *all = new QWidget;
    auto *row = new QHBoxLayout(all);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_navigation);
    row->addWidget(right, 1);
    setCentralWidget(all);
    makeSearch();
    makeMenus();
    wire();
    QApplication::instance()->installEventFilter(this);
    restore();
    refreshState();
}

MainWindow::~MainWindow()
{
    // The pages show what the models have.
    delete takeCentralWidget();
}

void MainWindow::makePages()
{
    m_overview = new OverviewPage(m_models->overview, m_models->nodes, m_models->workspaces);
    m_users
        = new UsersPage(m_models->users, m_models->workspaces, m_models->user, m_models->actions);
    m_channels = new ChannelsPage(m_models->channels, m_models->channelUsers);
    m_ghosts = new GhostsPage(m_models->ghosts, m_models->flapping, m_models->actions);
    m_events = new EventsPage(m_models->events);
    int index = 0;
    for (QWidget *page :
         std::initializer_list<QWidget *>{m_overview, m_users, m_channels, m_ghosts, m_events})
        m_pages->insertWidget(index++, scrolled(page));
    wirePages();
}

static QList<QSplitter *> splittersOf(const QWidget *window)
{
    return window->findChildren<QSplitter *>();
}

/// Nothing of one installation is shown under the name of another one.
void MainWindow::startAnew()
{
    rememberSplitters();
    const QString place = m_models->connection.profile().name;
    m_models->connection.close(); // which ends what is under way, and says so
    // No page is shown, and asks for something, because another one has gone.
    m_pages->setCurrentIndex(ConnectId);
    while (m_pages->count() > 1)
        delete m_pages->widget(0);
    m_tasks->leave(place);
    delete m_search;
    m_models = std::make_unique<Models>();
    setNotice({});
    makePages();
    makeSearch();
    restoreSplitters();
    m_pages->setCurrentIndex(m_navigation->currentRow());
}

/// Over the pages, and gone before the models, as these.
void MainWindow::makeSearch()
{
    m_search = new SearchPopup(m_models->search, centralWidget());
    connect(m_search, &SearchPopup::userOpened, this, &MainWindow::openUser);
    connect(m_search, &SearchPopup::channelOpened, this, &MainWindow::openChannel);
    connect(m_search, &SearchPopup::workspaceOpened, this, &MainWindow::openWorkspace);
    connect(m_search, &SearchPopup::nodeOpened, this, &MainWindow::openNode);
}

void MainWindow::makeNavigation()
{
    m_navigation = new Navigation({{tr("Overview"), u"overview"_s},
                                   {tr("Users"), u"users"_s},
                                   {tr("Channels"), u"channels"_s},
                                   {tr("Ghosts"), u"ghosts"_s},
                                   {tr("Event log"), u"events"_s},
                                   {tr("Connection"), u"connection"_s}});
    connect(m_navigation, &QListWidget::currentRowChanged, m_pages,
            &QStackedWidget::setCurrentIndex);
}

void MainWindow::makeMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&Dashboard"));
    file->addAction(tr("&Connection \u2026"), QKeySequence::Open, this,
                    [this] { showPage(ConnectId); });
    file->addAction(tr("&Reconnect Now"), QKeySequence::Refresh, this,
                    [this] { m_models->connection.retryNow(); });
    file->addAction(tr("&Disconnect"), this, [this] {
        m_models->connection.close();
        showPage(ConnectId);
    });
    file->addSeparator();
    file->addAction(tr("&Export Table \u2026"), TableView::exportKey(), this,
                    &MainWindow::exportTable);
    file->addSeparator();
    file->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close);
    QMenu *go = menuBar()->addMenu(tr("&Go"));
    for (int page = OverviewId; page < ConnectId; ++page)
        go->addAction(m_navigation->item(page)->text(),
                      QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + page)), this,
                      [this, page] { showPage(static_cast<PageId>(page)); });
    go->addSeparator();
    go->addAction(tr("&Search \u2026"), kSearchKey, this, [this] { m_search->open(); });
    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&About"), this, &MainWindow::about);
}

QLayout *MainWindow::makeTop()
{
    auto *search = new QPushButton(tr("Search \u2026"));
    search->setObjectName(u"openSearch"_s);
    search->setToolTip(tr("Find a user, device, channel, workspace or node (Ctrl+K)"));
    connect(search, &QPushButton::clicked, this, [this] { m_search->open(); });
    auto *row = new QHBoxLayout;
    row->setContentsMargins(0, 0, 2 * kGrid, 0);
    row->setSpacing(kGrid);
    row->addWidget(m_verdict, 1);
    row->addWidget(search);
    return row;
}

void MainWindow::setNotice(const QString &notice)
{
    m_verdict->setNotice(notice);
    setWindowTitle(notice.isEmpty() ? tr("Presence") : tr("%1 \u2013 Presence").arg(notice));
}

void MainWindow::wirePages()
{
    connect(m_overview, &OverviewPage::workspaceOpened, this, &MainWindow::openWorkspace);
    connect(m_overview, &OverviewPage::userOpened, this, &MainWindow::openUser);
    connect(m_events, &EventsPage::workspaceOpened, this, &MainWindow::openWorkspace);
    connect(m_events, &EventsPage::channelOpened, this, &MainWindow::openChannel);
    connect(m_events, &EventsPage::userOpened, this, &MainWindow::openUser);
    connect(m_channels, &ChannelsPage::userOpened, this, &MainWindow::openUser);
    connect(m_ghosts, &GhostsPage::userOpened, this, &MainWindow::openUser);
    connect(&m_models->connection, &Connection::stateChanged, this, &MainWindow::refreshState);
    connect(&m_models->connection, &Connection::trusted, this, [](const Profile &profile) {
        ProfileStore store;
        if (store.find(profile.name))
            store.save(profile);
    });
    connect(&m_models->overview, &OverviewModel::changed, this, &MainWindow::refreshState);
    connect(&m_models->overview, &OverviewModel::joined, this, &MainWindow::refreshState);
}

void MainWindow::wire()
{
    connect(m_verdict, &VerdictBar::opened, this, &MainWindow::openPlace);
    connect(m_connect, &ConnectPage::chosen, this, &MainWindow::open);
    connect(m_connect, &ConnectPage::selected, this, &MainWindow::fillIn);
    connect(m_connect, &ConnectPage::removed, this, [this](const QString &name) {
        ProfileStore().remove(name);
        m_tokens.remove(name);
    });
    connect(&m_second, &QTimer::timeout, this, &MainWindow::refreshState);
    m_second.start(1000ms);
}

void MainWindow::showPage(PageId page)
{
    m_navigation->setCurrentRow(page);
}

void MainWindow::openPlace(VerdictPart::Place place)
{
    switch (place) {
    case VerdictPart::Place::Overview:
        return showPage(OverviewId);
    case VerdictPart::Place::Users:
        return showPage(UsersId);
    case VerdictPart::Place::Ghosts:
        return showPage(GhostsId);
    case VerdictPart::Place::Connection:
        break;
    }
    showPage(ConnectId);
}

void MainWindow::openUser(const QString &user)
{
    showPage(UsersId);
    m_users->openUser(user);
}

void MainWindow::openChannel(const QString &channel)
{
    showPage(ChannelsId);
    m_channels->openChannel(channel);
}

void MainWindow::openWorkspace(const QString &workspace)
{
    showPage(UsersId);
    m_users->openWorkspace(workspace);
    m_users->setFocus();
}

void MainWindow::openNode(const QString &node)
{
    showPage(OverviewId);
    m_overview->openNode(node);
}

/// From everywhere in the window: a line edit would delete with the one on X11, and go to its end
/// with the other.
bool MainWindow::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::ShortcutOverride)
        return false;
    const auto *widget = qobject_cast<QWidget *>(watched);
    const QKeySequence key(static_cast<QKeyEvent *>(event)->keyCombination());
    if (!widget || widget->window() != this || (key != kSearchKey && key != TableView::exportKey()))
        return false;
    event->ignore();
    return true;
}

/// The table that has the focus, or else the first that is seen on the page.
void MainWindow::exportTable()
{
    QWidget *page = m_pages->currentWidget();
    QList<TableView *> tables = page->findChildren<TableView *>();
    tables.removeIf([](const TableView *table) { return !table->isVisible(); });
    auto *focused = qobject_cast<TableView *>(focusWidget());
    if (tables.contains(focused))
        return focused->exportRows();
    const auto place = [page](const TableView *table) {
        const QPoint corner = table->mapTo(page, QPoint());
        return std::pair(corner.y(), corner.x());
    };
    if (!tables.isEmpty())
        (*std::ranges::min_element(tables, {}, place))->exportRows();
}

void MainWindow::about()
{
    QMessageBox::about(
        this, tr("About Presence"),
        tr("<h3>Presence %1</h3><p>Shows who is online, live, and lets an operator look into it "
           "and repair.</p><p>Free software under the GNU General Public License, version 3 or "
           "later. Made with Qt %2.</p>")
            .arg(QApplication::applicationVersion(), QString::fromLatin1(qVersion())));
}

void MainWindow::restore()
{
    constexpr QSize kLeast(1280, 860);
    constexpr QSize kMost(1760, 1080);
    if (!restoreGeometry(QSettings().value(u"window/geometry"_s).toByteArray()))
        resize((screen()->availableSize() * 9 / 10).expandedTo(kLeast).boundedTo(kMost));
    fitToScreen();
    restoreSplitters();
}

/// The screen may be smaller than that of last time, or by its scale have less room.
void MainWindow::fitToScreen()
{
    constexpr QSize kFrame(2 * kGrid, 5 * kGrid); // that the desktop draws around it
    if (isMaximized() || isFullScreen())
        return;
    const QRect room = screen()->availableGeometry();
    resize(size().boundedTo(room.size() - kFrame));
    if (room.contains(geometry()))
        return; // the desktop finds a place
    const QPoint most = room.bottomRight() - QPoint(width(), height());
    move(std::clamp(x(), room.left(), most.x()), std::clamp(y(), room.top(), most.y()));
}

void MainWindow::rememberSplitters() const
{
    for (const QSplitter *splitter : splittersOf(this))
        QSettings().setValue(u"splitters/"_s + splitter->objectName(), splitter->saveState());
}

void MainWindow::restoreSplitters()
{
    for (QSplitter *splitter : splittersOf(this))
        splitter->restoreState(
            QSettings().value(u"splitters/"_s + splitter->objectName()).toByteArray());
}

/// A task would end with the window, and nobody be left to say how far it came.
void MainWindow::closeEvent(QCloseEvent *event)
{
    // Also when it is asked to close as the desktop ends, which does not ask again.
    QSettings().setValue(u"window/geometry"_s, saveGeometry());
    rememberSplitters();
    const int tasks = m_tasks->running();
    if (tasks > 0 && !m_mayClose) {
        event->ignore();
        return m_question->ask(
            tr("%n task(s) would end before all is done. Close the window all the same?", nullptr,
               tasks),
            tr("Close Window"), [this] {
                m_mayClose = true;
                close();
            });
    }
    QMainWindow::closeEvent(event);
}

} // namespace presence::dashboard
