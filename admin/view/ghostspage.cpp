// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/ghostspage.h"

#include "admin/view/bulkprogress.h"
#include "admin/view/datalabel.h"
#include "admin/view/plainlabel.h"

#include <QAction>
#include <QHBoxLayout>
#include <QSplitter>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kFlappingInterval = 5000ms;

GhostsPage::GhostsPage(GhostsModel &ghosts, FlappingModel &flapping, Actions &actions,
                       QWidget *parent)
    : QWidget(parent), m_ghosts(ghosts), m_flapping(flapping), m_actions(actions),
      m_bar(new MessageBar), m_progress(new DataLabel),
      m_search(new QPushButton(tr("&Search again"))),
      m_forget(new QPushButton(tr("&Forget \u2026"))),
      m_ghostTable(new TableView(u"ghosts"_s, tr("Ghosts"))),
      m_flappingTable(new TableView(u"flapping"_s, tr("Users that flap")))
{
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(u"ghostsSplitter"_s);
    splitter->addWidget(makeGhosts());
    splitter->addWidget(makeFlapping());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setChildrenCollapsible(false);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_bar);
    layout->addWidget(splitter, 1);
    connect(&ghosts, &GhostsModel::progressed, this, &GhostsPage::refresh);
    connect(&actions, &Actions::done, this, [this](const QString &what, bool ok) {
        if (!isVisible())
            return;
        m_bar->say(ok ? MessageBar::Kind::Done : MessageBar::Kind::Error, what);
        m_ghosts.search();
    });
    connect(&flapping, &FlappingModel::refreshed, this, &GhostsPage::refresh);
    connect(&m_timer, &QTimer::timeout, &flapping, &FlappingModel::refresh);
    refresh();
}

static QLabel *heading(const QString &text)
{
    auto *label = new PlainLabel(text);
    QFont bold = label->font();
    bold.setWeight(QFont::DemiBold);
    label->setFont(bold);
    return label;
}

QWidget *GhostsPage::makeGhosts()
{
    m_ghostTable->setTable(m_ghosts);
    m_ghostTable->setDefaultSorting(5, Qt::AscendingOrder);
    m_ghostTable->setColumnWidths({24, 20, 24, 18, 16, 14, 10});
    auto *forget = new QAction(tr("&Forget \u2026"), this);
    connect(forget, &QAction::triggered, this, &GhostsPage::forget);
    m_ghostTable->addRowAction(forget);
    connect(m_ghostTable, &TableView::userOpened, this, &GhostsPage::userOpened);
    connect(m_ghostTable, &TableView::chosenChanged, this, &GhostsPage::refresh);
    connect(m_search, &QPushButton::clicked, &m_ghosts, &GhostsModel::search);
    connect(m_forget, &QPushButton::clicked, this, &GhostsPage::forget);
    m_forget->setObjectName(u"forget"_s);

    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 4);
    auto *row = new QHBoxLayout;
    row->addWidget(heading(tr("Ghosts: sessions that are not refreshed")));
    row->addWidget(m_progress, 1, Qt::AlignRight);
    row->addWidget(m_search);
    row->addWidget(m_forget);
    layout->addLayout(row);
    layout->addWidget(m_ghostTable, 1);
    return box;
}

QWidget *GhostsPage::makeFlapping()
{
    m_flappingTable->setTable(m_flapping);
    m_flappingTable->setDefaultSorting(1, Qt::DescendingOrder);
    m_flappingTable->setColumnWidths({24, 18, 14});
    connect(m_flappingTable, &TableView::userOpened, this, &GhostsPage::userOpened);
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->addWidget(heading(tr("Flapping users")));
    layout->addWidget(m_flappingTable, 1);
    return box;
}

void GhostsPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_ghosts.search();
    m_flapping.refresh();
    m_timer.start(kFlappingInterval);
}

void GhostsPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_timer.stop();
}

std::vector<GhostId> GhostsPage::chosenGhosts() const
{
    std::vector<GhostId> ghosts;
    for (const QModelIndex &row : m_ghostTable->chosenRows()) {
        const auto user = UserId::parse(QStringView(row.data(UserRole).toString()));
        const auto device = DeviceId::parse(QStringView(row.data(DeviceRole).toString()));
        if (user && device)
            ghosts.push_back(
                {*user, *device, SessionId(row.data(SessionRole).toString().toLatin1())});
    }
    return ghosts;
}

void GhostsPage::forget()
{
    const std::vector<GhostId> ghosts = chosenGhosts();
    if (ghosts.size() > 1)
        return m_bar->ask(tr("Forget %n ghost(s)? Other sessions of their devices stay.", nullptr,
                             static_cast<int>(ghosts.size())),
                          tr("Forget"), [this, ghosts] { forgetAll(ghosts); });
    if (ghosts.empty())
        return;
    const GhostId &ghost = ghosts.front();
    m_bar->ask(tr("Forget this session of the device %1 of %2? Other sessions of the device stay.")
                   .arg(ghost.device.toString(), ghost.user.toString()),
               tr("Forget"),
               [this, ghost] { m_actions.forgetGhost(ghost.user, ghost.device, ghost.session); });
}

void GhostsPage::forgetAll(const std::vector<GhostId> &ghosts)
{
    BulkAction *action = m_actions.forgetGhosts(ghosts);
    tellOf(*action, *this);
    connect(action, &BulkAction::finished, &m_ghosts, &GhostsModel::search);
    action->start();
}

void GhostsPage::refresh()
{
    if (isVisible() && m_ghosts.mustSearchAgain())
        m_ghosts.search();
    m_search->setEnabled(!m_ghosts.isSearching());
    const int chosen = m_ghostTable->countChosen();
    m_forget->setEnabled(chosen > 0);
    m_forget->setText(chosen > 1 ? tr("&Forget %n Ghost(s) \u2026", nullptr, chosen)
                                 : tr("&Forget \u2026"));
    const QString examined = numberText(m_ghosts.examined());
    if (!m_ghosts.problem().isEmpty())
        m_progress->setText(m_ghosts.problem());
    else if (m_ghosts.isSearching())
        m_progress->setText(tr("Searching: %1 users so far").arg(examined));
    else
        m_progress->setText(tr("%1 users were examined").arg(examined));
    // What could not be asked is not known.
    m_ghostTable->setEmptyText(
        !m_ghosts.problem().isEmpty() ? m_ghosts.problem()
            : m_ghosts.hasSearched()
            ? tr("No ghosts: every session has a healthy node and a recent heartbeat.")
            : tr("Searching \u2026"));
    m_flappingTable->setEmptyText(
        !m_flapping.problem().isEmpty() ? m_flapping.problem()
            : m_flapping.isKnown()
            ? tr("No user is flapping: nobody has come and gone six times within five minutes.")
            : tr("Searching \u2026"));
}

} // namespace presence::dashboard
