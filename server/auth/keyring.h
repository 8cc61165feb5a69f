// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/keyset.h"

#include <QHash>

#include <chrono>
#include <functional>
#include <mutex>

namespace presence::auth {

/// The keys in use, which somebody replaces now and then. Safe for all threads.
class KeyRing
{
public:
    using Clock = std::chrono::steady_clock;

    explicit KeyRing(KeySet keys = {}) : m_keys(std::make_shared<const KeySet>(std::move(keys))) { }
    Q_DISABLE_COPY_MOVE(KeyRing)

    std::shared_ptr<const KeySet> keys() const;
    /// Grows with each replace(): what was verified before may not be valid any more.
    quint64 generation() const { return m_generation.load(std::memory_order_acquire); }
    void replace(KeySet keys);

    /// Has `fetch` called, on any thread, when a token names a key that is not there. To be set
    /// before there are other threads; without it such keys are unknown for good.
    void setFetch(std::function<void()> fetch) { m_fetch = std::move(fetch); }

    /// Whether a key that is not there may come within a moment. Each name is looked for once in a
    /// while: strangers make up names.
    bool mayCome(const QByteArray &id, Clock::time_point now);

    /// Has the source asked anew, soon.
    void ask() const
    {
        if (m_fetch)
            m_fetch();
    }

    /// The source was asked, from `begun` on, and has said what keys there are.
    void noteFetched(Clock::time_point begun);

private:
    static constexpr qsizetype kMaxNames = 1'000;
    static constexpr int kNameBytes = 16; ///< of the hash that stands for it
    static constexpr std::chrono::seconds kForgotten{60};

    mutable std::mutex m_mutex;
    std::shared_ptr<const KeySet> m_keys;
    std::atomic<quint64> m_generation = 0;
    std::function<void()> m_fetch;
    QHash<QByteArray, Clock::time_point> m_missing; ///< since when a key is looked for, by name
    Clock::time_point m_fetchedSince{}; ///< when the last successful fetch began
};

} // namespace presence::auth
