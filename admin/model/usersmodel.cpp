// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What users are, and how that is told; userarrangement.cpp has where their rows go.
#include "admin/model/usersmodel.h"

#include "shared/protocol/adminreader.h"

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::JsonView;

/// A frame of the screen, and how much of it may be used here.
static constexpr auto kTurn = 16ms;
static constexpr qint64 kBudget = 6; ///< ms
static constexpr auto kArrangement = 500ms;
/// While many come, so that there are not too many at once.
static constexpr auto kArrangementOfLoad = 50ms;
static constexpr qint64 kMostReserved = 1'000'000; ///< users, whatever the daemon says

UsersModel::UsersModel(OverviewModel &overview, QObject *parent)
    : TableModel(parent), m_overview(overview),
      m_pages(
          [this](const JsonView &rows) {
              enqueue(protocol::readRows(rows, &protocol::readUserRow), {});
          },
          // What the load has not told of is gone.
          [this] { m_news.push_back({.endOfLoad = m_load}); })
{
    m_turn.setInterval(kTurn);
    m_arrangement.setSingleShot(true);
    connect(&m_turn, &QTimer::timeout, this, &UsersModel::turn);
    connect(&m_arrangement, &QTimer::timeout, this, &UsersModel::arrange);
}

UsersModel::~UsersModel() = default;

void UsersModel::watch(const WorkspaceId &workspace)
{
    if (workspace == m_workspace)
        return;
    m_pages.stop();
    m_subscription.reset();
    m_workspace = workspace;
    clear();
    m_isLoading = !workspace.isEmpty();
    Q_EMIT countsChanged();
    if (workspace.isEmpty())
        return;
    m_subscription = std::make_unique<Subscription>(
        m_overview.connection(), "admin:workspace:" + workspace.bytes(), QJsonObject(),
        Subscription::Handlers{
            [this](const JsonView &response) { joined(response); },
            [this](QByteArrayView event, const JsonView &payload) {
                if (event == "rows")
                    enqueue(protocol::readRows(payload["changed"], &protocol::readUserRow),
                            protocol::readRows<UserId>(payload["left"], [](const JsonView &id) {
                                return UserId(id.bytes().toByteArray());
                            }));
            },
            [this](const QString &why) {
                m_problem = why;
                m_isLoading = false;
                Q_EMIT countsChanged();
            }});
}

void UsersModel::joined(const JsonView &response)
{
    ++m_load;
    m_news.clear(); // of a connection that is over
    m_problem.clear();
    m_isLoading = true;
    m_expected = response["users"].toWhole().value_or(0);
    // Growing moves all that are there, in one turn.
    const qint64 places = std::clamp(m_expected + m_expected / 8, qint64(0), kMostReserved);
    m_slots.reserve(static_cast<size_t>(places));
    m_slotOf.reserve(places);
    Q_EMIT countsChanged();
    m_pages.start(*m_subscription);
}

void UsersModel::enqueue(std::vector<UserRow> changed, std::vector<UserId> left)
{
    for (UserRow &row : changed)
        m_news.push_back({.row = std::move(row)});
    for (UserId &user : left)
        m_news.push_back({.row = {.user = std::move(user)}, .hasLeft = true});
    if (!m_turn.isActive())
        m_turn.start();
}

void UsersModel::finishLoad()
{
    for (int slot = 0; slot < static_cast<int>(m_slots.size()); ++slot) {
        const Slot &entry = m_slots[size_t(slot)];
        if (entry.isUsed && entry.load != m_load)
            remove(slot);
    }
    m_isLoading = false;
    arrange();
}

void UsersModel::turn()
{
    QElapsedTimer timer;
    timer.start();
    const qsizetype before = total();
    const bool wasLoading = m_isLoading;
    while (!m_news.empty() && !timer.hasExpired(kBudget)) {
        const News news = std::move(m_news.front());
        m_news.pop_front();
        apply(news);
    }
    tellChanged();
    if (m_news.empty())
        m_turn.stop();
    if (total() != before || m_isLoading != wasLoading)
        Q_EMIT countsChanged();
}

void UsersModel::apply(const News &news)
{
    if (news.endOfLoad > 0)
        return news.endOfLoad == m_load ? finishLoad() : void();
    if (!news.hasLeft)
        return put(news.row);
    const auto found = m_slotOf.constFind(news.row.user);
    if (found != m_slotOf.cend())
        remove(*found);
}

static QString textOf(const UserRow &row)
{
    return (row.user.toString() + u'\n' + QString::fromUtf8(row.view.customMessage)).toLower();
}

void UsersModel::put(const UserRow &row)
{
    auto found = m_slotOf.constFind(row.user);
    if (found == m_slotOf.cend()) {
        int slot = static_cast<int>(m_slots.size());
        if (m_free.empty()) {
            m_slots.emplace_back();
        } else {
            slot = m_free.back();
            m_free.pop_back();
        }
        m_slots[size_t(slot)] = {.row = row, .text = textOf(row), .isUsed = true, .load = m_load};
        m_slotOf.insert(row.user, slot);
        return touch(slot);
    }
    Slot &slot = m_slots[size_t(*found)];
    slot.load = m_load;
    slot.isUsed = true; // perhaps again
    if (slot.row == row)
        return;
    const bool mayMove = isMoved(slot.row, row);
    if (slot.row.view.customMessage != row.view.customMessage)
        slot.text = textOf(row);
    slot.row = row;
    if (slot.shownAt >= 0)
        m_changedRows.push_back(slot.shownAt);
    if (mayMove || isShown(slot) != (slot.shownAt >= 0))
        touch(*found);
}

void UsersModel::remove(int slot)
{
    m_slots[size_t(slot)].isUsed = false;
    touch(slot);
}

void UsersModel::touch(int slot)
{
    if (std::exchange(m_slots[size_t(slot)].isTouched, true))
        return;
    m_touched.push_back(slot);
    if (!m_arrangement.isActive())
        m_arrangement.start(m_isLoading ? kArrangementOfLoad : kArrangement);
}

void UsersModel::clear()
{
    beginResetModel();
    ++m_load;
    m_slots.clear();
    m_free.clear();
    m_slotOf.clear();
    m_shown.clear();
    m_touched.clear();
    m_changedRows.clear();
    m_news.clear();
    m_problem.clear();
    endResetModel();
}

/// Rows next to each other share a signal.
void UsersModel::tellChanged()
{
    std::ranges::sort(m_changedRows);
    for (size_t i = 0; i < m_changedRows.size();) {
        size_t end = i + 1;
        while (end < m_changedRows.size() && m_changedRows[end] <= m_changedRows[end - 1] + 1)
            ++end;
        Q_EMIT dataChanged(index(m_changedRows[i], 0), index(m_changedRows[end - 1], kColumns - 1));
        i = end;
    }
    m_changedRows.clear();
}

const UserRow *UsersModel::userAt(int row) const
{
    if (row < 0 || row >= rowCount())
        return nullptr;
    return &m_slots[size_t(m_shown[size_t(row)])].row;
}

int UsersModel::rowOf(const UserId &user) const
{
    const auto found = m_slotOf.constFind(user);
    return found == m_slotOf.cend() ? -1 : m_slots[size_t(*found)].shownAt;
}

bool UsersModel::isFilteredOut(const UserId &user) const
{
    const auto found = m_slotOf.constFind(user);
    if (found == m_slotOf.cend())
        return false;
    const Slot &slot = m_slots[size_t(*found)];
    return slot.isUsed && !isShown(slot);
}

int UsersModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

int UsersModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : kColumns;
}

QVariant UsersModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= kColumns)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::AccessibleDescriptionRole)
        return sortingOf(section);
    if (role != Qt::DisplayRole)
        return {};
    const std::array titles{tr("Status"),  tr("User"),  tr("Message"),   tr("Emoji"),
                            tr("Devices"), tr("Since"), tr("Last seen"), tr("Node")};
    return titles[size_t(section)];
}

/// To a node that is known.
static bool isConnected(const UserRow &row)
{
    return !row.nodes.empty() && std::ranges::find(row.nodes, "?") == row.nodes.end();
}

QVariant UsersModel::text(const UserRow &row, int column) const
{
    switch (column) {
    case StatusColumn:
        return statusText(row.view.status);
    case UserColumn:
        return row.user.toString();
    case MessageColumn:
        return QString::fromUtf8(row.view.customMessage);
    case EmojiColumn:
        return QString::fromUtf8(row.view.emoji);
    case DevicesColumn:
        return row.idleDevices > 0 ? tr("%1 (%2 idle)").arg(row.devices).arg(row.idleDevices)
                                   : QString::number(row.devices);
    case SinceColumn:
        return timeText(row.onlineAt);
    case LastSeenColumn:
        // Who is connected is seen all the time, and what was read may be a while ago.
        if (isConnected(row))
            return tr("now");
        return row.lastHeartbeat == Seconds()
            ? QString()
            : agoText(row.lastHeartbeat, m_overview.clock().now());
    default:
        return QString::fromUtf8(QByteArrayList(row.nodes.begin(), row.nodes.end()).join(", "));
    }
}

QString UsersModel::tip(const UserRow &row, int column) const
{
    if (column == SinceColumn)
        return exactTimeText(row.onlineAt);
    if (column == LastSeenColumn && row.lastHeartbeat != Seconds())
        return exactTimeText(row.lastHeartbeat);
    return column == MessageColumn ? QString::fromUtf8(row.view.customMessage) : QString();
}

QVariant UsersModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const UserRow &row = m_slots[size_t(m_shown[size_t(index.row())])].row;
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return tip(row, index.column());
    case Qt::TextAlignmentRole:
        return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    case StatusRole:
        return index.column() == StatusColumn ? QVariant(int(row.view.status)) : QVariant();
    case UserRole:
        return row.user.toString();
    case WorkspaceRole:
        return m_workspace.toString();
    default:
        return {};
    }
}

static QJsonValue nodesOf(const UserRow &row)
{
    QJsonArray nodes;
    for (const QByteArray &node : row.nodes)
        nodes.append(QString::fromUtf8(node));
    return nodes;
}

ExportedTable UsersModel::exported(const std::vector<int> &rows) const
{
    std::vector<UserRow> copies;
    copies.reserve(rows.size());
    for (const int row : rows)
        copies.push_back(*userAt(row));
    return exportedTable<UserRow>(
        {{u"user_id"_s, [](const UserRow &row) { return exportedId(row.user); }},
         {u"status"_s, [](const UserRow &row) { return QJsonValue(toName(row.view.status)); }},
         {u"custom_message"_s,
          [](const UserRow &row) { return exportedText(row.view.customMessage); }},
         {u"emoji"_s, [](const UserRow &row) { return exportedText(row.view.emoji); }},
         {u"devices"_s, [](const UserRow &row) { return QJsonValue(row.devices); }},
         {u"idle_devices"_s, [](const UserRow &row) { return QJsonValue(row.idleDevices); }},
         {u"online_at"_s, [](const UserRow &row) { return exportedTime(row.onlineAt); }},
         {u"last_heartbeat"_s, [](const UserRow &row) { return exportedTime(row.lastHeartbeat); }},
         {u"nodes"_s, &nodesOf}},
        std::move(copies));
}

} // namespace presence::dashboard
