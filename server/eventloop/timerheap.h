// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QMultiHash>
#include <QObject>

#include <chrono>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace presence::eventloop {

/// The timers of one event loop, ordered by when they are due.
///
/// A data structure without a clock: the time is an argument, and never goes backwards from call
/// to call. Not thread-safe; owned by the dispatcher, whose thread calls it. Adding, removing and
/// restarting (which is both) are O(log n). It never touches a timer's object.
class TimerHeap
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Milliseconds = std::chrono::milliseconds;
    using Deliver = std::function<void(int id, QObject *object)>;

    /// When a timer fires depends on its type: precise at the interval; coarse within 5 % of it,
    /// on multiples of a round figure so that timers fire together (precise up to 20 ms, very
    /// coarse from 20 s); very coarse on the nearest whole second that is still to come.
    struct Registration
    {
        int id = 0;
        Milliseconds interval{0}; ///< zero: once in every pass
        Qt::TimerType type = Qt::CoarseTimer;
    };

    /// Starts a timer; one with the same id is replaced.
    void add(const Registration &registration, QObject *object, TimePoint now);

    /// False when there is no such timer.
    bool remove(int id);
    bool removeAllOf(QObject *object);

    QList<Registration> registeredBy(QObject *object) const;

    /// Until the timer is due, rounded up, zero when it is overdue; nothing for an unknown id.
    std::optional<Milliseconds> remaining(int id, TimePoint now) const;

    /// When the first timer is due that is not being delivered; nothing without one.
    std::optional<TimePoint> nextDue() const;

    /// Delivers every timer due at `now`, each once, and schedules it anew: one interval after
    /// it was due, or after `now` when that has passed as well. Returns how many were delivered,
    /// zero-interval timers not counted.
    ///
    /// `deliver` may add and remove timers, its own too, and call fire() again from a nested
    /// loop: a timer that is being delivered is not delivered there.
    int fire(TimePoint now, const Deliver &deliver);

private:
    struct Timer
    {
        Registration registration;
        QObject *object = nullptr;
        TimePoint nominal; ///< without the slack of its type, so that slack does not add up
        TimePoint due;
        quint64 order = 0; ///< of two timers due together, the one scheduled first goes first
        size_t position = kOutside;
    };

    static constexpr size_t kOutside = SIZE_MAX; ///< not in the heap: being delivered

    static bool isEarlier(const Timer *a, const Timer *b);
    void schedule(Timer &timer, TimePoint now);
    void finishDelivery(int id);

    void push(Timer &timer);
    void takeOut(Timer &timer);
    void place(Timer *timer, size_t position);
    void siftUp(size_t position);
    void siftDown(size_t position);

    std::unordered_map<int, Timer> m_timers; ///< by id; a Timer stays where it is
    QMultiHash<QObject *, int> m_idsOf;
    std::vector<Timer *> m_heap;
    quint64 m_nextOrder = 0;
};

} // namespace presence::eventloop
