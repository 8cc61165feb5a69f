// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/descriptoruser.h"

#include <QHash>
#include <QSocketNotifier>

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <span>
#include <vector>

struct epoll_event;

namespace presence::eventloop {

/// The descriptors of one event loop, each with its user or its socket notifiers, and the epoll
/// descriptor that watches for them.
///
/// Owned by the dispatcher and used on its thread only; owns the epoll descriptor, never a user or
/// a notifier. Changes of interest are collected and told to the kernel just before the next wait,
/// so one that is taken back in between costs nothing. The exception is the end of a descriptor,
/// unwatch() or the removal of its last notifier: it is told at once, because the caller may close
/// the descriptor next, and one that lives on as a duplicate could never be taken out again.
class EpollSet
{
public:
    struct Counters
    {
        quint64 waits = 0;
        quint64 controlCalls = 0; ///< epoll_ctl
        quint64 rebuilds = 0; ///< see hasUser()
    };

    /// `wakeUpDescriptor` ends a wait too; isWakeUp() recognises its event.
    explicit EpollSet(int wakeUpDescriptor);
    ~EpollSet();
    Q_DISABLE_COPY_MOVE(EpollSet)

    /// As EpollDispatcher::watch(), unwatch() and readSoon().
    void watch(int descriptor, DescriptorUser &user, bool reads, bool writes);
    void unwatch(int descriptor);
    void readSoon(int descriptor);

    /// Refused with a warning when the descriptor has a notifier of this type. A descriptor that
    /// epoll cannot watch, such as a regular file, is warned of at the next wait; its notifiers
    /// never fire.
    void add(QSocketNotifier *notifier);

    /// Nothing happens when `notifier` was not added, or was refused.
    void remove(QSocketNotifier *notifier);

    /// Waits until a descriptor is ready or `timeout` is over, for ever when it is negative.
    /// Returns the part of `buffer` that was filled; whatever does not fit is reported by the
    /// next wait. Events that are left undelivered are reported again. Does not wait while
    /// something is to be read soon.
    std::span<const epoll_event> wait(std::span<epoll_event> buffer,
                                      std::chrono::milliseconds timeout);

    bool isWakeUp(const epoll_event &event) const;

    /// How many are to be read soon, and the event of the next of them; nothing when it was given
    /// up since.
    size_t countSoon() const { return m_soon.size(); }
    std::optional<epoll_event> takeSoon();

    /// Whether the descriptor of `event` has a user, not notifiers.
    ///
    /// Sees as well when an event comes from a descriptor that was closed while it was watched
    /// and lives on as a duplicate. It cannot be silenced, so the next wait uses a new epoll
    /// descriptor.
    bool hasUser(const epoll_event &event);

    /// Who is to be told of `event`; null when it is nobody any more, or the descriptor has been
    /// given up since, even if its number is in use again. What will be read soon is not read now.
    DescriptorUser *readerFor(const epoll_event &event) const;
    DescriptorUser *writerFor(const epoll_event &event) const;
    QSocketNotifier *notifierFor(const epoll_event &event, QSocketNotifier::Type type) const;

    const Counters &counters() const { return m_counters; }

private:
    /// A descriptor from its first notifier to its last, or of a user.
    struct Watch
    {
        DescriptorUser *user = nullptr; ///< null: it has notifiers
        quint32 wanted = 0; ///< events
        quint32 applied = 0; ///< events the kernel has been told; zero for none
        quint32 generation = 0; ///< in the events, tells it from an earlier use of its number
        bool isDirty = false;
        bool isReadSoon = false;
    };
    using Notifiers = std::array<QSocketNotifier *, 3>; ///< by QSocketNotifier::Type

    void open();
    void rebuild();
    Watch &watchOf(int descriptor);
    const Watch *find(const epoll_event &event) const;
    void want(int descriptor, Watch &watch, quint32 events);
    void drop(QHash<int, Watch>::const_iterator watch);
    void markDirty(int descriptor, Watch &watch);
    void applyChanges();
    void apply(int descriptor, Watch &watch);
    bool control(int operation, int descriptor, quint32 events, quint32 generation);

    const int m_wakeUpDescriptor;
    int m_epoll = -1;
    QHash<int, Watch> m_watches;
    QHash<int, Notifiers> m_notifiers; ///< of those without a user
    std::deque<quint64> m_soon; ///< keys of those that are to be read
    std::vector<int> m_dirty;
    quint32 m_lastGeneration = 0;
    quint64 m_removals = 0;
    quint64 m_removalsAtWait = 0;
    bool m_needsRebuild = false;
    Counters m_counters;
};

} // namespace presence::eventloop
