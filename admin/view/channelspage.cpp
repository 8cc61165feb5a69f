// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/channelspage.h"

#include "admin/view/datalabel.h"
#include "admin/view/messagebar.h"
#include "admin/view/plainlabel.h"

#include <QHBoxLayout>
#include <QShortcut>
#include <QSplitter>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

ChannelsPage::ChannelsPage(ChannelsModel &channels, ChannelUsersModel &users, QWidget *parent)
    : QWidget(parent), m_channels(channels), m_users(users), m_match(new QLineEdit),
      m_list(new TableView(u"channels"_s, tr("Channels"))), m_count(new DataLabel),
      m_title(new PlainLabel), m_table(new TableView(u"channelUsers"_s, tr("Users of the channel")))
{
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(u"channelsSplitter"_s);
    splitter->addWidget(makeList());
    splitter->addWidget(makeUsers());
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    splitter->setChildrenCollapsible(false);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(splitter, 1);
    connect(&channels, &ChannelsModel::refreshed, this, &ChannelsPage::refreshList);
    connect(&users, &ChannelUsersModel::changed, this, &ChannelsPage::refreshUsers);
    auto *find = new QShortcut(QKeySequence::Find, this);
    connect(find, &QShortcut::activated, m_match, [this] { m_match->setFocus(); });
    refreshList();
    refreshUsers();
}

QWidget *ChannelsPage::makeList()
{
    m_match->setObjectName(u"channelMatch"_s);
    m_match->setPlaceholderText(tr("Find by a part of the name, or open with Enter"));
    m_match->setAccessibleName(m_match->placeholderText());
    m_match->setClearButtonEnabled(true);
    connect(m_match, &QLineEdit::textChanged, &m_channels, &ChannelsModel::setMatch);
    connect(m_match, &QLineEdit::returnPressed, this, [this] { openChannel(m_match->text()); });
    m_list->setTable(m_channels);
    m_list->setDefaultSorting(1, Qt::DescendingOrder);
    m_list->setColumnWidths({26, 9, 8});
    connect(m_list, &TableView::channelOpened, this, &ChannelsPage::openChannel);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                if (current.isValid())
                    watch(current.data(ChannelRole).toString());
            });
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 4, 0);
    layout->addWidget(m_match);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_count);
    return box;
}

QWidget *ChannelsPage::makeUsers()
{
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_title->setTextFormat(Qt::PlainText);
    m_table->setTable(m_users);
    m_table->setDefaultSorting(2, Qt::DescendingOrder);
    m_table->setColumnWidths({24, 18, 12});
    connect(m_table, &TableView::userOpened, this, &ChannelsPage::userOpened);
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(4, 0, 0, 0);
    // As high as the line beside it, so that the tables stand level.
    m_title->setMinimumHeight(m_match->sizeHint().height());
    layout->addWidget(m_title);
    layout->addWidget(m_table, 1);
    return box;
}

void ChannelsPage::openChannel(const QString &channel)
{
    watch(channel);
    m_table->setFocus();
}

void ChannelsPage::watch(const QString &channel)
{
    const auto id = ChannelId::parse(QStringView(channel.trimmed()));
    if (!id)
        return;
    m_users.watch(*id);
    refreshUsers();
}

void ChannelsPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_channels.setActive(true);
}

void ChannelsPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_channels.setActive(false);
}

void ChannelsPage::refreshList()
{
    const QString shown = numberText(m_channels.rowCount());
    const QString examined = numberText(m_channels.examined());
    m_count->setText(m_channels.isComplete()
                         ? tr("The %1 most active of %2 channels").arg(shown, examined)
                         : tr("The %1 most active of the first %2 channels: type a part of the "
                              "name to see others")
                               .arg(shown, examined));
    m_list->setEmptyText(!m_channels.problem().isEmpty() ? m_channels.problem()
                             : m_match->text().isEmpty()
                             ? tr("Nobody looks at a channel or types in one. Channels appear when "
                                  "clients push join_channel or typing_start.")
                             : tr("No channel with this in its name has viewers or typists."));
}

void ChannelsPage::refreshUsers()
{
    if (m_users.channel().isEmpty()) {
        m_title->clear();
        m_table->setEmptyText(tr("Choose a channel to see who is in it."));
        return;
    }
    int typing = 0;
    int viewing = 0;
    for (const ChannelUserRow &row : m_users.rows()) {
        typing += row.typingUntil ? 1 : 0;
        viewing += row.viewingSince ? 1 : 0;
    }
    m_title->setText(
        tr("%1: %2 viewing, %3 typing")
            .arg(m_users.channel().toString(), numberText(viewing), numberText(typing)));
    m_table->setEmptyText(!m_users.problem().isEmpty()
                              ? m_users.problem()
                              : tr("Nobody is in this channel. Users appear when their clients "
                                   "push join_channel or typing_start."));
}

} // namespace presence::dashboard
