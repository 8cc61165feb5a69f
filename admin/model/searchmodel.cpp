// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/searchmodel.h"

#include "admin/model/texts.h"
#include "shared/protocol/adminreader.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::JsonView;

static constexpr auto kTypingPause = 200ms;

SearchModel::SearchModel(OverviewModel &overview, QObject *parent)
    : QAbstractListModel(parent), m_overview(overview)
{
    m_pause.setSingleShot(true);
    m_pause.setInterval(kTypingPause);
    connect(&m_pause, &QTimer::timeout, this, [this] { ask({}); });
}

void SearchModel::setText(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed == m_text)
        return;
    beginResetModel();
    m_text = trimmed;
    m_hits.clear();
    m_known.clear();
    m_counts = {};
    endResetModel();
    ++m_search;
    m_isSearching = !m_text.isEmpty();
    m_isComplete = true;
    m_isArchiveAway = false;
    m_isFull = false;
    m_examined = 0;
    m_problem.clear();
    if (m_isSearching)
        m_pause.start();
    else
        m_pause.stop();
    Q_EMIT changed();
}

void SearchModel::ask(const QByteArray &after)
{
    m_overview.ask("search", {{"text"_L1, m_text}, {"after"_L1, QString::fromLatin1(after)}},
                   [self = QPointer(this), search = m_search](const Result<JsonView> &reply) {
                       if (!self || self->m_search != search)
                           return;
                       if (reply)
                           return self->take(protocol::readFoundNames(*reply));
                       self->end(reply.error().detail == "unknown event"_L1 ? tr(
                                     "This daemon cannot search: it is older than the dashboard.")
                                                                            : reply.error().detail);
                   });
}

void SearchModel::take(const FoundNames &found)
{
    for (const UserId &user : found.users)
        add({Kind::User, user.toString(), {}, {}});
    for (const FoundArchived &user : found.archived)
        add({Kind::User,
             user.user.toString(),
             {},
             user.lastSeen ? tr("archived, last seen %1").arg(timeText(*user.lastSeen))
                           : tr("archived")});
    for (const FoundDevice &device : found.devices)
        add({Kind::Device, device.device.toString(), device.user.toString(), {}});
    for (const ChannelId &channel : found.channels)
        add({Kind::Channel, channel.toString(), {}, {}});
    for (const WorkspaceId &workspace : found.workspaces)
        add({Kind::Workspace, workspace.toString(), {}, {}});
    for (const QByteArray &node : found.nodes)
        add({Kind::Node, QString::fromUtf8(node), {}, {}});
    m_examined = found.examined;
    m_isComplete = m_isComplete && found.isComplete;
    m_isArchiveAway = m_isArchiveAway || found.isArchiveAway;
    // More users or devices, of which there are many, would not be shown.
    const bool isEnough = m_counts[size_t(Kind::User)] == kMostOfAKind
        || m_counts[size_t(Kind::Device)] == kMostOfAKind;
    m_isFull = m_isFull || (isEnough && !found.next.isEmpty());
    if (found.next.isEmpty() || isEnough)
        return end();
    ask(found.next);
    Q_EMIT changed();
}

void SearchModel::end(const QString &problem)
{
    m_isSearching = false;
    m_problem = problem;
    Q_EMIT changed();
}

/// By kind; what is called exactly so comes first.
bool SearchModel::isBefore(const Hit &a, const Hit &b) const
{
    const auto rank = [this](const Hit &hit) {
        return std::tuple(hit.kind, hit.name != m_text, std::cref(hit.name), std::cref(hit.user));
    };
    return rank(a) < rank(b);
}

void SearchModel::add(Hit hit)
{
    int &count = m_counts[size_t(hit.kind)];
    if (m_known.contains(hit))
        return;
    if (count == kMostOfAKind) {
        m_isFull = true;
        return;
    }
    const auto place = std::ranges::lower_bound(
        m_hits, hit, [this](const Hit &a, const Hit &b) { return isBefore(a, b); });
    const auto row = static_cast<int>(place - m_hits.begin());
    beginInsertRows({}, row, row);
    ++count;
    m_known.insert(hit);
    m_hits.insert(place, std::move(hit));
    endInsertRows();
}

int SearchModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_hits.size());
}

static QString headingOf(SearchModel::Kind kind)
{
    switch (kind) {
    case SearchModel::Kind::User:
        return SearchModel::tr("Users");
    case SearchModel::Kind::Device:
        return SearchModel::tr("Devices");
    case SearchModel::Kind::Channel:
        return SearchModel::tr("Channels");
    case SearchModel::Kind::Workspace:
        return SearchModel::tr("Workspaces");
    case SearchModel::Kind::Node:
        break;
    }
    return SearchModel::tr("Nodes");
}

QVariant SearchModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Hit &hit = hitAt(index.row());
    const bool isFirst = index.row() == 0 || hitAt(index.row() - 1).kind != hit.kind;
    const QString detail = hit.user.isEmpty() ? hit.note : tr("of user %1").arg(hit.user);
    switch (role) {
    case Qt::DisplayRole:
        return hit.name;
    case Qt::AccessibleTextRole:
        return QString(headingOf(hit.kind) + u": "_s + hit.name + u' ' + detail).trimmed();
    case HeadingRole:
        return isFirst ? headingOf(hit.kind) : QString();
    case DetailRole:
        return detail;
    default:
        return {};
    }
}

} // namespace presence::dashboard
