// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How the window is built; windowstate.cpp has the connection that it shows.
#include "admin/app/mainwindow.h"

#include "admin/view/plainlabel.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

MainWindow::MainWindow(QWidget *parent)
    : QMainWindow(parent), m_models(std::make_unique<Models>()), m_navigation(new QListWidget),
      m_pages(new QStackedWidget), m_sign(new PlainLabel), m_state(new PlainLabel),
      m_notice(new PlainLabel), m_bar(new MessageBar)
{
    setWindowTitle(tr("Presence"));
    m_connect = new ConnectPage;
    m_pages->addWidget(m_connect);
    makePages();
    makeNavigation();
    auto *right = new QWidget;
    auto *column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeTop());
    column->addWidget(m_bar);
    column->addWidget(m_pages, 1);
    auto *all = new QWidget;
    auto *row = new QHBoxLayout(all);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_navigation);
    row->addWidget(right, 1);
    setCentralWidget(all);
    makeMenus();
    wire();
    resize(1280, 860);
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
        m_pages->insertWidget(index++, page);
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
    // No page is shown, and asks for something, because another one has gone.
    m_pages->setCurrentWidget(m_connect);
    while (m_pages->widget(0) != m_connect)
        delete m_pages->widget(0);
    m_models = std::make_unique<Models>();
    makePages();
    restoreSplitters();
    m_pages->setCurrentIndex(m_navigation->currentRow());
}

void MainWindow::makeNavigation()
{
    m_navigation->setObjectName(u"navigation"_s);
    m_navigation->setAccessibleName(tr("Pages"));
    m_navigation->setFrameShape(QFrame::NoFrame);
    m_navigation->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const QStringList titles{tr("Overview"), tr("Users"),     tr("Channels"),
                             tr("Ghosts"),   tr("Event log"), tr("Connection")};
    int width = 0;
    for (const QString &title : titles) {
        m_navigation->addItem(title);
        width = std::max(width, fontMetrics().horizontalAdvance(title));
    }
    // Room around the titles, which item views have no setting for.
    m_navigation->setStyleSheet(u"QListWidget::item { padding: 8px 14px; border: none; }"
                                "QListWidget::item:selected { background: palette(highlight);"
                                " color: palette(highlighted-text); }"_s);
    m_navigation->setFixedWidth(width + 48);
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
    file->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close);
    QMenu *go = menuBar()->addMenu(tr("&Go"));
    for (int page = OverviewId; page < ConnectId; ++page)
        go->addAction(m_navigation->item(page)->text(),
                      QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + page)), this,
                      [this, page] { showPage(static_cast<PageId>(page)); });
    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&About"), this, &MainWindow::about);
}

QWidget *MainWindow::makeTop()
{
    m_state->setObjectName(u"state"_s);
    m_state->setTextFormat(Qt::PlainText);
    m_state->setAccessibleName(tr("State of the connection"));
    auto *top = new QWidget;
    auto *row = new QHBoxLayout(top);
    row->setContentsMargins(12, 8, 12, 2);
    row->addWidget(m_sign);
    row->addWidget(m_state, 1);
    m_notice->setObjectName(u"notice"_s);
    m_notice->setStyleSheet(u"padding: 2px 8px; border-radius: 4px; font-weight: bold;"
                            " background: palette(highlight); color: palette(highlighted-text);"_s);
    m_notice->hide();
    row->addWidget(m_notice);
    return top;
}

void MainWindow::setNotice(const QString &notice)
{
    m_notice->setText(notice);
    m_notice->show();
    setWindowTitle(tr("%1 \u2013 Presence").arg(notice));
}

void MainWindow::wirePages()
{
    connect(m_overview, &OverviewPage::workspaceOpened, this, &MainWindow::openWorkspace);
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
    QSettings settings;
    restoreGeometry(settings.value(u"window/geometry"_s).toByteArray());
    restoreSplitters();
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

void MainWindow::closeEvent(QCloseEvent *event)
{
    QSettings settings;
    settings.setValue(u"window/geometry"_s, saveGeometry());
    rememberSplitters();
    QMainWindow::closeEvent(event);
}

} // namespace presence::dashboard
