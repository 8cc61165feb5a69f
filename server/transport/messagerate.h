// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/payer.h"

#include <utility>

namespace presence::transport {

/// How fast a client sends, by its connection and by its user and address.
class MessageRate
{
public:
    /// It has sent something that counts as `cost` messages.
    void add(double cost) { m_cost += cost; }

    /// Charges what was added, and returns how long nothing more is to be read.
    std::chrono::milliseconds charge(limits::Limiter &limiter, const limits::Payer &payer)
    {
        const double cost = std::exchange(m_cost, 0);
        const auto now = std::chrono::steady_clock::now();
        m_budget.spend(limiter.limits().connectionMessages, now, cost);
        const auto owed = m_budget.owed(limiter.limits().connectionMessages, now);
        if (owed.count() > 0)
            limiter.count(limits::Limit::ConnectionMessages);
        payer.charge(limits::Spending::Messages, cost);
        const auto may = payer.owes(limits::Spending::Messages);
        return may ? owed : std::max(owed, may.error().retryAfter);
    }

    /// Messages that the connection may send at once.
    size_t left(const limits::Limiter &limiter) const
    {
        return m_budget.left(limiter.limits().connectionMessages, std::chrono::steady_clock::now());
    }

private:
    limits::Budget m_budget;
    double m_cost = 0; ///< not charged yet
};

} // namespace presence::transport
