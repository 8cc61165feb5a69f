// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <Qt>

#include <atomic>

namespace presence::eventloop {

/// How other threads end the wait of an event loop: a flag, and an eventfd behind it.
///
/// wake() may be called from any thread and may not be called from a signal handler; the rest
/// belongs to the thread of the loop. A wake-up is written to the descriptor only when the flag
/// was down and the caller is another thread, for the loop's own thread is not waiting.
/// Whoever is about to wait has to look at isWoken() first.
class WakeUp
{
public:
    WakeUp();
    ~WakeUp();
    Q_DISABLE_COPY_MOVE(WakeUp)

    /// Readable after a wake-up from another thread, until drain().
    int descriptor() const { return m_descriptor; }

    /// Says that the calling thread is the one that waits.
    void adoptThread();

    void wake();
    bool isWoken() const { return m_woken.load(std::memory_order_acquire); }

    /// Lowers the flag and returns whether it was up.
    bool consume() { return m_woken.exchange(false, std::memory_order_acq_rel); }

    /// Empties the descriptor. The flag stays up, for the next pass to see.
    void drain();

    /// Times the descriptor was written.
    quint64 writes() const { return m_writes.load(std::memory_order_relaxed); }

private:
    int m_descriptor;
    std::atomic<bool> m_woken = false;
    std::atomic<Qt::HANDLE> m_thread = nullptr;
    std::atomic<quint64> m_writes = 0;
};

} // namespace presence::eventloop
