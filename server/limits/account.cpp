// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/account.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace presence::limits {

/// Devices of which the workspace is remembered; a user has that many at most.
static constexpr size_t kMaxMoves = 100;
/// Between two lines about the refusals of one user or address.
static constexpr std::chrono::seconds kQuiet(10);

/// One for each user that is connected.
static_assert(sizeof(Account) <= 160);

Account::Account(Of whom, QByteArray id)
    : m_id(std::move(id)),
      m_ofAddress(whom == Of::Address ? std::make_unique<OfAddress>() : nullptr)
{
}

QByteArray Account::name() const
{
    return (m_ofAddress ? "address=" : "user=") + m_id;
}

Account::Move *Account::moveOf(size_t device)
{
    const auto found = std::ranges::find(m_moves, device, &Move::device);
    return found == m_moves.end() ? nullptr : &*found;
}

bool Account::mayMove(const DeviceId &device, const WorkspaceId &workspace, const Rate &rate,
                      TimePoint now)
{
    const std::scoped_lock lock(m_mutex);
    const size_t place = qHash(workspace.bytes(), QHashSeed::globalSeed());
    const size_t id = qHash(device.bytes(), QHashSeed::globalSeed());
    Move *move = moveOf(id);
    if (!move) {
        // Of too many, one that has never moved, or not lately.
        if (m_moves.size() == kMaxMoves) {
            const auto rests
                = [now](const Move &each) { return !each.budget || each.budget->isFull(now); };
            const auto oldest = std::ranges::find_if(m_moves, rests);
            if (oldest == m_moves.end())
                return false;
            m_moves.erase(oldest);
        }
        m_moves.push_back({.device = id, .workspace = place, .budget = nullptr});
        return true;
    }
    // Of two tabs each may have its own: to and fro costs no more.
    if (move->before == place)
        std::swap(move->workspace, move->before);
    if (move->workspace == place)
        return true;
    if (!move->budget)
        move->budget = std::make_unique<Budget>();
    if (!move->budget->take(rate, now))
        return false;
    move->before = std::exchange(move->workspace, place);
    return true;
}

std::chrono::milliseconds Account::untilMove(const DeviceId &device, const Rate &rate,
                                             TimePoint now)
{
    const std::scoped_lock lock(m_mutex);
    const Move *move = moveOf(qHash(device.bytes(), QHashSeed::globalSeed()));
    return move && move->budget ? move->budget->until(rate, now, 1) : std::chrono::milliseconds(0);
}

int Account::noteRefusal(TimePoint now)
{
    m_refusals.fetch_add(1, std::memory_order_relaxed);
    const qint64 time = std::chrono::nanoseconds(now.time_since_epoch()).count();
    qint64 until = m_silentUntil.load(std::memory_order_relaxed);
    if (time < until)
        return 0;
    const qint64 next = time + std::chrono::nanoseconds(kQuiet).count();
    if (!m_silentUntil.compare_exchange_strong(until, next, std::memory_order_relaxed))
        return 0;
    return m_refusals.exchange(0, std::memory_order_relaxed);
}

bool Account::isUnused(TimePoint now) const
{
    const auto isFull = [now](const Budget &budget) { return budget.isFull(now); };
    const auto *address = m_ofAddress.get();
    if (connections != 0 || watched != 0 || unsent != 0 || !std::ranges::all_of(m_budgets, isFull)
        || (address
            && (address->bodies != 0 || !isFull(address->unauthenticated)
                || !isFull(address->accepts))))
        return false;
    const std::scoped_lock lock(m_mutex);
    return std::ranges::all_of(
        m_moves, [&](const Move &move) { return !move.budget || isFull(*move.budget); });
}

} // namespace presence::limits
