// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QHash>
#include <QSocketNotifier>

#include <array>
#include <chrono>
#include <span>
#include <vector>

struct epoll_event;

namespace presence::eventloop {

/// The socket notifiers of one event loop, and the epoll descriptor that watches for them.
///
/// Owned by the dispatcher and used on its thread only; owns the epoll descriptor, never a
/// notifier. Changes of interest are collected and told to the kernel just before the next wait,
/// so a notifier that is enabled and disabled in between costs nothing. The exception is the last
/// notifier of a descriptor: its removal is told at once, because the caller may close the
/// descriptor next, and one that lives on as a duplicate could never be taken out again.
class EpollSet
{
public:
    struct Counters
    {
        quint64 waits = 0;
        quint64 controlCalls = 0; ///< epoll_ctl
        quint64 rebuilds = 0; ///< see notifierFor()
    };

    /// `wakeUpDescriptor` ends a wait too; isWakeUp() recognises its event.
    explicit EpollSet(int wakeUpDescriptor);
    ~EpollSet();
    Q_DISABLE_COPY_MOVE(EpollSet)

    /// Refused with a warning when the descriptor has a notifier of this type. A descriptor that
    /// epoll cannot watch, such as a regular file, is warned of at the next wait; its notifiers
    /// never fire.
    void add(QSocketNotifier *notifier);

    /// Nothing happens when `notifier` was not added, or was refused.
    void remove(QSocketNotifier *notifier);

    /// Waits until a descriptor is ready or `timeout` is over, for ever when it is negative.
    /// Returns the part of `buffer` that was filled; whatever does not fit is reported by the
    /// next wait. Events that are left undelivered are reported again.
    std::span<const epoll_event> wait(std::span<epoll_event> buffer,
                                      std::chrono::milliseconds timeout);

    bool isWakeUp(const epoll_event &event) const;

    /// The notifier of `type` that `event` is meant for; null when there is none any more, or the
    /// descriptor has been given up since, even if its number is in use again.
    ///
    /// Sees as well when an event comes from a descriptor that was closed while it was watched
    /// and lives on as a duplicate. It cannot be silenced, so the next wait uses a new epoll
    /// descriptor.
    QSocketNotifier *notifierFor(const epoll_event &event, QSocketNotifier::Type type);

    const Counters &counters() const { return m_counters; }

private:
    /// A descriptor from its first notifier to its last.
    struct Watch
    {
        std::array<QSocketNotifier *, 3> notifiers{}; ///< by QSocketNotifier::Type
        quint32 generation = 0; ///< in the events, tells it from an earlier use of its number
        quint32 applied = 0; ///< events the kernel has been told; zero for none
        bool isDirty = false;

        quint32 wanted() const;
    };

    void open();
    void rebuild();
    void markDirty(int descriptor, Watch &watch);
    void applyChanges();
    void apply(int descriptor, Watch &watch);
    bool control(int operation, int descriptor, quint32 events, quint32 generation);

    const int m_wakeUpDescriptor;
    int m_epoll = -1;
    QHash<int, Watch> m_watches;
    std::vector<int> m_dirty;
    quint32 m_lastGeneration = 0;
    quint64 m_removals = 0;
    quint64 m_removalsAtWait = 0;
    bool m_needsRebuild = false;
    Counters m_counters;
};

} // namespace presence::eventloop
