// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/budget.h"
#include "server/limits/limits.h"

#include "shared/core/strongid.h"

#include <QExplicitlySharedDataPointer>
#include <QMutex>
#include <QSharedData>

#include <memory>
#include <vector>

namespace presence::limits {

/// What one user, or one address, has used of its Rates and holds right now. Safe for all threads.
///
/// It is kept for as long as somebody refers to it, or until everything has come back: who
/// disconnects and comes again has no more than before.
class Account : public QSharedData
{
public:
    using TimePoint = Budget::TimePoint;
    enum class Of : quint8 { User, Address };

    Account(Of whom, QByteArray id);
    Q_DISABLE_COPY_MOVE(Account)

    QByteArray name() const; ///< for logs: user=ID or address=ID

    Budget &budget(Spending what) { return m_budgets[static_cast<size_t>(what)]; }
    // Of an address.
    Budget &unauthenticated() { return m_ofAddress->unauthenticated; }
    Budget &accepts() { return m_ofAddress->accepts; }
    std::atomic<qint64> &bodies() { return m_ofAddress->bodies; } ///< bytes

    /// Adds to `what` it holds, unless that would be more than `most`, 0 for no limit.
    template <typename Number>
    static bool hold(std::atomic<Number> &what, Number count, Number most)
    {
        const Number before = what.fetch_add(count, std::memory_order_relaxed);
        if (most == 0 || before + count <= most)
            return true;
        what.fetch_sub(count, std::memory_order_relaxed);
        return false;
    }
    std::atomic<int> connections = 0;
    std::atomic<int> watched = 0; ///< of a user
    std::atomic<qint64> unsent = 0; ///< bytes, of a user

    /// Whether `device`, of a user, may be in `workspace` as far as changes of it are limited.
    bool mayMove(const DeviceId &device, const WorkspaceId &workspace, const Rate &rate,
                 TimePoint now);
    std::chrono::milliseconds untilMove(const DeviceId &device, const Rate &rate, TimePoint now);

    /// Of refusals, those that are to be logged: the first, and the next after a while. Returns how
    /// many there were since, 0 for none of them.
    int noteRefusal(TimePoint now);

    bool isUnused(TimePoint now) const;

private:
    struct Move
    {
        size_t device = 0; ///< hashes
        size_t workspace = 0;
        size_t before = 0; ///< the workspace that it came from
        std::unique_ptr<Budget> budget; ///< null: it has not moved
    };
    Move *moveOf(size_t device);

    struct OfAddress
    {
        Budget unauthenticated;
        Budget accepts;
        std::atomic<qint64> bodies = 0;
    };

    const QByteArray m_id;
    std::array<Budget, kSpendings> m_budgets;
    const std::unique_ptr<OfAddress> m_ofAddress; ///< null of a user
    std::atomic<qint64> m_silentUntil = 0; ///< ns of the steady clock; no refusal is logged before
    std::atomic<int> m_refusals = 0; ///< that were not logged
    mutable QMutex m_mutex; ///< of m_moves; std::mutex takes 40 bytes
    std::vector<Move> m_moves; ///< one a device, the latest of them
};

using AccountPtr = QExplicitlySharedDataPointer<Account>;

} // namespace presence::limits
