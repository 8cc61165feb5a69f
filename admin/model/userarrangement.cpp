// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Where the rows of UsersModel go.
#include "admin/model/usersmodel.h"

#include <algorithm>
#include <iterator>

namespace presence::dashboard {

bool UsersModel::isShown(const Slot &slot) const
{
    if (!slot.isUsed)
        return false;
    if (!m_filter.statuses.isEmpty() && !m_filter.statuses.contains(slot.row.view.status))
        return false;
    return m_filter.text.isEmpty() || slot.text.contains(m_filter.text);
}

template <typename Value>
static int compare(const Value &a, const Value &b)
{
    return a < b ? -1 : b < a ? 1 : 0;
}

static int compareIn(int column, const UserRow &a, const UserRow &b)
{
    switch (column) {
    case UsersModel::StatusColumn:
        return compare(a.view.status, b.view.status);
    case UsersModel::MessageColumn:
        return compare(a.view.customMessage, b.view.customMessage);
    case UsersModel::EmojiColumn:
        return compare(a.view.emoji, b.view.emoji);
    case UsersModel::DevicesColumn:
        return compare(a.devices, b.devices);
    case UsersModel::SinceColumn:
        return compare(a.onlineAt, b.onlineAt);
    case UsersModel::LastSeenColumn:
        return compare(a.lastHeartbeat, b.lastHeartbeat);
    case UsersModel::NodeColumn:
        return compare(a.nodes, b.nodes);
    default:
        return 0;
    }
}

/// Of two that are alike in the column, the user's id decides.
bool UsersModel::isBefore(int a, int b) const
{
    const UserRow &first = m_slots[size_t(a)].row;
    const UserRow &second = m_slots[size_t(b)].row;
    int order = compareIn(m_sortColumn, first, second);
    if (order == 0)
        order = first.user.bytes().compare(second.user.bytes());
    return m_order == Qt::AscendingOrder ? order < 0 : order > 0;
}

bool UsersModel::isMoved(const UserRow &before, const UserRow &after) const
{
    return compareIn(m_sortColumn, before, after) != 0;
}

void UsersModel::sort(int column, Qt::SortOrder order)
{
    if (column < 0 || column >= kColumns)
        return;
    arrange();
    m_sortColumn = column;
    m_order = order;
    std::vector<int> sorted = m_shown;
    std::ranges::sort(sorted, [this](int a, int b) { return isBefore(a, b); });
    reorder(std::move(sorted));
}

void UsersModel::setFilter(const UserFilter &filter)
{
    UserFilter lowered{filter.text.toLower(), filter.statuses};
    if (lowered == m_filter)
        return;
    m_filter = std::move(lowered);
    // The order stays: who is shown and who comes are merged.
    for (int slot = 0; slot < static_cast<int>(m_slots.size()); ++slot) {
        const Slot &entry = m_slots[size_t(slot)];
        if (isShown(entry) != (entry.shownAt >= 0))
            touch(slot);
    }
    arrange();
    Q_EMIT countsChanged();
}

/// `all` without what is at `places`, which are sorted.
static std::vector<int> without(const std::vector<int> &all, const std::vector<int> &places)
{
    std::vector<int> kept;
    kept.reserve(all.size());
    auto from = all.begin();
    for (const int place : places) {
        kept.insert(kept.end(), from, all.begin() + place);
        from = all.begin() + place + 1;
    }
    kept.insert(kept.end(), from, all.end());
    return kept;
}

/// `kept` with `placed` among them; both are sorted. Few are looked for, rather than all compared:
/// a comparison reads memory that is far away.
template <typename Before>
static std::vector<int> merged(const std::vector<int> &kept, const std::vector<int> &placed,
                               const Before &before)
{
    constexpr size_t kFew = 16; // comparisons that a search takes, about
    std::vector<int> all;
    all.reserve(kept.size() + placed.size());
    if (placed.size() * kFew > kept.size()) {
        std::ranges::merge(kept, placed, std::back_inserter(all), before);
        return all;
    }
    auto from = kept.begin();
    for (const int slot : placed) {
        const auto to = std::lower_bound(from, kept.end(), slot, before);
        all.insert(all.end(), from, to);
        all.push_back(slot);
        from = to;
    }
    all.insert(all.end(), from, kept.end());
    return all;
}

/// Only those that were touched: the others are in order.
void UsersModel::arrange()
{
    tellChanged(); // as long as the rows are where they were
    const auto before = [this](int a, int b) { return isBefore(a, b); };
    std::vector<int> added;
    std::vector<int> removed;
    std::vector<int> placed; // added, and moved
    std::vector<int> leftRows;
    for (const int slot : m_touched) {
        const Slot &entry = m_slots[size_t(slot)];
        const bool wasShown = entry.shownAt >= 0;
        if (wasShown)
            leftRows.push_back(entry.shownAt);
        if (isShown(entry)) {
            placed.push_back(slot);
            if (!wasShown)
                added.push_back(slot);
        } else if (wasShown) {
            removed.push_back(slot);
        }
    }
    std::ranges::sort(leftRows);
    std::ranges::sort(placed, before);
    show(merged(without(m_shown, leftRows), placed, before), added, removed);
    for (const int slot : std::exchange(m_touched, {})) {
        m_slots[size_t(slot)].isTouched = false;
        if (m_slots[size_t(slot)].isUsed)
            continue;
        m_slotOf.remove(m_slots[size_t(slot)].row.user);
        m_slots[size_t(slot)] = {};
        m_free.push_back(slot);
    }
}

/// Those that come are put at the end, all go to their places, those that go being last, and these
/// are cut off: three steps that views understand, whatever has changed.
void UsersModel::show(std::vector<int> order, const std::vector<int> &added,
                      const std::vector<int> &removed)
{
    if (!added.empty()) {
        const int first = rowCount();
        beginInsertRows({}, first, first + static_cast<int>(added.size()) - 1);
        for (const int slot : added) {
            m_slots[size_t(slot)].shownAt = rowCount();
            m_shown.push_back(slot);
        }
        endInsertRows();
    }
    order.insert(order.end(), removed.begin(), removed.end());
    if (order != m_shown)
        reorder(std::move(order));
    if (removed.empty())
        return;
    const auto left = m_shown.size() - removed.size();
    beginRemoveRows({}, static_cast<int>(left), rowCount() - 1);
    for (const int slot : removed)
        m_slots[size_t(slot)].shownAt = -1;
    m_shown.resize(left);
    endRemoveRows();
}

void UsersModel::reorder(std::vector<int> order)
{
    Q_EMIT layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::vector<int> slotsBefore;
    for (const QModelIndex &each : before)
        slotsBefore.push_back(m_shown[size_t(each.row())]);
    m_shown = std::move(order);
    for (size_t row = 0; row < m_shown.size(); ++row)
        m_slots[size_t(m_shown[row])].shownAt = static_cast<int>(row);
    QModelIndexList after;
    for (qsizetype i = 0; i < before.size(); ++i)
        after.append(index(m_slots[size_t(slotsBefore[size_t(i)])].shownAt, before[i].column()));
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

} // namespace presence::dashboard
