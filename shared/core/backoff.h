// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QRandomGenerator>

#include <algorithm>
#include <chrono>

namespace presence {

/// Pauses between attempts: each up to twice as long as the one before, with jitter.
///
/// A pause is drawn from the upper half of its range, so that many who lost the same server do not
/// come back in step. A value; belongs to one thread.
class Backoff
{
public:
    Backoff(std::chrono::milliseconds shortest, std::chrono::milliseconds longest)
        : m_shortest(shortest), m_longest(longest), m_range(shortest)
    {
    }

    /// The pause before the next attempt.
    std::chrono::milliseconds next()
    {
        const auto half = m_range / 2;
        m_range = std::min(m_range * 2, m_longest);
        const auto extra = QRandomGenerator::global()->bounded(qint64(half.count()) + 1);
        return half + std::chrono::milliseconds(extra);
    }

    /// The last attempt went well.
    void reset() { m_range = m_shortest; }

    /// Trying again soon is pointless: the next pause is one of the longest.
    void exhaust() { m_range = m_longest; }

private:
    std::chrono::milliseconds m_shortest;
    std::chrono::milliseconds m_longest;
    std::chrono::milliseconds m_range;
};

} // namespace presence
