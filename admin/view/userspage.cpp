// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/userspage.h"

#include "admin/view/bulkprogress.h"
#include "admin/view/datalabel.h"
#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QShortcut>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kFollowPause = 150ms;

UsersPage::UsersPage(UsersModel &users, WorkspacesModel &workspaces, UserDetailsModel &user,
                     Actions &actions, QWidget *parent)
    : QWidget(parent), m_users(users), m_user(user), m_actions(actions), m_workspace(new QComboBox),
      m_filter(new QLineEdit), m_count(new DataLabel), m_disconnect(new QPushButton),
      m_bar(new MessageBar), m_table(new TableView(u"users"_s, tr("Online users"))),
      m_page(new UserPage(user, actions))
{
    // Before the table hears of it.
    connect(&users, &QAbstractItemModel::rowsAboutToBeRemoved, this,
            [this] { m_isArranging = true; });
    m_table->setTable(users, TableView::Sorting::ByModel);
    m_table->setDefaultSorting(UsersModel::UserColumn, Qt::AscendingOrder);
    m_table->setColumnWidths({14, 22, 34, 6, 12, 12, 12, 20});
    connect(m_table, &TableView::userOpened, this, &UsersPage::openUser);
    makeActions();
    followTable();
    connect(m_page, &UserPage::closed, this, &UsersPage::closeUser);
    m_page->hide();
    setFocusProxy(m_table);
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(u"usersSplitter"_s);
    splitter->addWidget(m_table);
    splitter->addWidget(m_page);
    splitter->setSizes({1, 1});
    splitter->setChildrenCollapsible(false);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(makeBar(workspaces));
    layout->addWidget(m_bar);
    layout->addWidget(splitter, 1);
    connect(&users, &UsersModel::countsChanged, this, &UsersPage::refresh);
    connect(&users, &UsersModel::countsChanged, this, &UsersPage::revealOpened);
    connect(&users, &QAbstractItemModel::rowsInserted, this, &UsersPage::refresh);
    connect(&users, &QAbstractItemModel::rowsRemoved, this, &UsersPage::refresh);
    connect(&m_ages, &QTimer::timeout, this, [this] {
        if (isVisible())
            m_users.refreshAges();
    });
    m_ages.start(1000ms);
    connect(&workspaces, &QAbstractItemModel::rowsInserted, this, [this] {
        if (isVisible())
            chooseFirst();
    });
    auto *find = new QShortcut(QKeySequence::Find, this);
    connect(find, &QShortcut::activated, m_filter, [this] { m_filter->setFocus(); });
    refresh();
}

QWidget *UsersPage::makeBar(WorkspacesModel &workspaces)
{
    auto *bar = new QWidget;
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    m_workspace->setObjectName(u"workspace"_s);
    m_workspace->setEditable(true);
    m_workspace->setInsertPolicy(QComboBox::NoInsert);
    m_workspace->setModel(&workspaces);
    m_workspace->setCurrentIndex(-1);
    m_workspace->setMinimumContentsLength(18);
    m_workspace->lineEdit()->setPlaceholderText(tr("Workspace"));
    m_workspace->setAccessibleName(tr("Workspace"));
    const auto open = [this] { openWorkspace(m_workspace->currentText()); };
    connect(m_workspace, &QComboBox::activated, this, open);
    connect(m_workspace->lineEdit(), &QLineEdit::returnPressed, this, open);
    auto *label = new PlainLabel(tr("&Workspace:"));
    label->setBuddy(m_workspace);

    m_filter->setObjectName(u"userFilter"_s);
    m_filter->setPlaceholderText(tr("Filter by user or message"));
    m_filter->setAccessibleName(m_filter->placeholderText());
    m_filter->setClearButtonEnabled(true);
    connect(m_filter, &QLineEdit::textChanged, this, &UsersPage::applyFilter);

    layout->addWidget(label);
    layout->addWidget(m_workspace);
    layout->addWidget(m_filter, 1);
    for (const Status status : {Status::Online, Status::Away, Status::Busy})
        layout->addWidget(makeToggle(status));
    layout->addSpacing(8);
    layout->addWidget(m_count);
    layout->addWidget(m_disconnect);
    return bar;
}

QToolButton *UsersPage::makeToggle(Status status)
{
    auto *toggle = new QToolButton;
    toggle->setCheckable(true);
    toggle->setText(statusText(status));
    toggle->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    toggle->setFocusPolicy(Qt::StrongFocus);
    toggle->setToolTip(tr("Show only users of this status"));
    connect(toggle, &QToolButton::toggled, this, &UsersPage::applyFilter);
    m_toggles.append({status, toggle});
    paintSigns();
    return toggle;
}

/// In the colours of the desktop, which may change.
void UsersPage::paintSigns()
{
    for (const auto &[status, toggle] : std::as_const(m_toggles))
        toggle->setIcon(statusIcon(status, palette()));
}

void UsersPage::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        paintSigns();
}

void UsersPage::openWorkspace(const QString &workspace)
{
    const auto id = WorkspaceId::parse(QStringView(workspace.trimmed()));
    if (!id) {
        m_table->setEmptyText(tr("This cannot be the name of a workspace."));
        return;
    }
    m_workspace->setCurrentText(id->toString());
    // What is asked is asked of users that are not shown any more.
    if (*id != m_users.workspace())
        m_bar->dismiss();
    m_users.watch(*id);
    refresh();
}

/// For those that are chosen in the table. One is shown beside it, with what can be done to it.
void UsersPage::makeActions()
{
    auto *action = new QAction(tr("&Disconnect \u2026"), this);
    connect(action, &QAction::triggered, this, &UsersPage::disconnectChosen);
    m_table->addRowAction(action);
    m_disconnect->setObjectName(u"disconnectUsers"_s);
    m_disconnect->hide();
    connect(m_disconnect, &QPushButton::clicked, this, &UsersPage::disconnectChosen);
    connect(m_table, &TableView::chosenChanged, this, [this] {
        const int chosen = m_table->countChosen();
        m_disconnect->setVisible(chosen > 1);
        m_disconnect->setText(tr("Disconnect %n User(s) \u2026", nullptr, chosen));
    });
}

void UsersPage::disconnectChosen()
{
    std::vector<UserId> users;
    for (const QModelIndex &row : m_table->chosenRows())
        users.push_back(m_users.userAt(row.row())->user);
    if (users.empty())
        return;
    const auto count = static_cast<int>(users.size());
    m_bar->ask(tr("Disconnect all devices of %n user(s)?", nullptr, count), tr("Disconnect"),
               holdTexts(), [this, users](int choice) {
                   BulkAction *action
                       = m_actions.disconnectUsers(users, kHolds[static_cast<size_t>(choice)]);
                   tellOf(*action, *this);
                   action->start();
               });
}

void UsersPage::openUser(const QString &user)
{
    m_follow.stop();
    m_page->openUser(user);
    m_table->clearSelection();
    m_isSought = true;
    revealOpened();
    selectOpened();
    // Where Esc closes it and the arrow keys lead on.
    if (m_table->selectionModel()->hasSelection())
        m_table->setFocus();
    else
        m_page->setFocus();
}

/// While a user is shown, it is the one that is current in the table.
void UsersPage::followTable()
{
    m_follow.setSingleShot(true);
    m_follow.setInterval(kFollowPause);
    connect(&m_follow, &QTimer::timeout, this, [this] {
        const QString user = m_table->currentId(UserRole);
        if (!m_page->isHidden() && !user.isEmpty())
            m_page->openUser(user);
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        if (!m_isArranging && !m_page->isHidden())
            m_follow.start();
    });
    connect(&m_users, &QAbstractItemModel::rowsRemoved, this, [this] { m_isArranging = false; });
    connect(&m_users, &QAbstractItemModel::rowsInserted, this, [this] {
        if (!m_table->selectionModel()->hasSelection())
            selectOpened();
    });
}

/// What hides it is taken away. Of a workspace that is not loaded it is not known yet.
void UsersPage::revealOpened()
{
    if (!m_isSought)
        return;
    m_isSought = m_users.isLoading();
    if (!m_users.isFilteredOut(m_user.user()))
        return;
    m_isSought = false;
    m_filter->clear();
    for (const auto &entry : std::as_const(m_toggles))
        entry.second->setChecked(false);
    m_bar->say(MessageBar::Kind::Done,
               tr("The filter was cleared: it hid %1.").arg(m_user.user().toString()));
}

/// In the table, where it is there.
void UsersPage::selectOpened()
{
    const int row = m_page->isHidden() ? -1 : m_users.rowOf(m_user.user());
    if (row < 0 || m_follow.isActive())
        return;
    const QModelIndex index = m_users.index(row, UsersModel::UserColumn);
    m_table->selectionModel()->setCurrentIndex(
        index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

void UsersPage::closeUser()
{
    m_follow.stop();
    m_isSought = false;
    m_page->hide();
    m_user.watch({});
    m_table->setFocus();
}

void UsersPage::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape && !m_page->isHidden())
        return closeUser();
    QWidget::keyPressEvent(event);
}

void UsersPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    chooseFirst();
}

/// The largest, so that there is something to see.
void UsersPage::chooseFirst()
{
    if (m_users.workspace().isEmpty() && m_workspace->count() > 0)
        openWorkspace(m_workspace->itemText(0));
}

void UsersPage::applyFilter()
{
    m_isSought = false;
    UserFilter filter{m_filter->text().trimmed(), {}};
    for (const auto &[status, toggle] : std::as_const(m_toggles)) {
        if (toggle->isChecked())
            filter.statuses.insert(status);
    }
    m_users.setFilter(filter);
    refresh();
}

bool UsersPage::isFiltering() const
{
    return !m_filter->text().trimmed().isEmpty()
        || std::ranges::any_of(m_toggles,
                               [](const auto &entry) { return entry.second->isChecked(); });
}

void UsersPage::refresh()
{
    const qint64 shown = m_users.rowCount();
    const QString total = numberText(m_users.total());
    if (m_users.isLoading())
        m_count->setText(tr("Loading: %1 of %2").arg(total, numberText(m_users.expected())));
    else if (isFiltering() && shown < m_users.total())
        m_count->setText(tr("%1 of %2 users").arg(numberText(shown), total));
    else
        m_count->setText(tr("%1 users").arg(total));
    if (m_users.workspace().isEmpty())
        m_table->setEmptyText(tr("Choose a workspace, or enter its name, to see who is online in "
                                 "it. Workspaces are those that clients name as workspace_id."));
    else if (!m_users.problem().isEmpty())
        m_table->setEmptyText(m_users.problem());
    else if (m_users.isLoading())
        m_table->setEmptyText(tr("Loading \u2026"));
    else
        m_table->setEmptyText(
            m_users.total() > 0 ? tr(
                "No user matches the filter. Empty it, and switch off the statuses, to see all.")
                                : tr("Nobody is online in this workspace. Users appear when a "
                                     "client joins presence:{user_id} with this workspace_id.\n"
                                     "For simulated ones: packaging/run.sh --demo"));
}

} // namespace presence::dashboard
