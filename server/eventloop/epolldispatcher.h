// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/epollset.h"
#include "server/eventloop/timerheap.h"
#include "server/eventloop/wakeup.h"

#include <QAbstractEventDispatcher>

#include <atomic>

namespace presence::eventloop {

/// Qt's event dispatcher over epoll: what a pass costs depends on the descriptors that are
/// ready, not on how many there are.
///
/// Give it to QCoreApplication::setEventDispatcher() or QThread::setEventDispatcher() before the
/// application is made or the thread is started; they own it from then on. wakeUp() and
/// interrupt() may be called from any thread, everything else belongs to the thread of the loop.
/// Not for a child after fork() without exec().
///
/// A pass sends posted events, waits, delivers at most kEventsPerPass ready descriptors, then the
/// timers that are due, each once. Slots may do anything with notifiers and timers, and may run
/// nested loops. Notifiers are level-triggered; hang-up and error reach those of every type.
class EpollDispatcher final : public QAbstractEventDispatcher
{
    Q_OBJECT
public:
    static constexpr size_t kEventsPerPass = 256;

    /// Counted from the start.
    struct Statistics
    {
        quint64 passes = 0;
        quint64 waits = 0; ///< epoll_wait
        quint64 controlCalls = 0; ///< epoll_ctl
        quint64 activations = 0; ///< of users and notifiers
        quint64 wakeUpWrites = 0; ///< to the descriptor that ends a wait
        quint64 rebuilds = 0; ///< of the epoll set, for a descriptor closed while watched
    };

    explicit EpollDispatcher(QObject *parent = nullptr);
    ~EpollDispatcher() override;

    /// That of the calling thread, which must have one; null at its end.
    static EpollDispatcher *current();

    /// Tells `user`, which replaces the one before, what the descriptor is ready for. In place of
    /// notifiers, where there are thousands: each is an object of 250 bytes, and an event.
    void watch(int descriptor, DescriptorUser &user, bool reads, bool writes);
    /// Before it is closed. Nothing happens when it was not watched.
    void unwatch(int descriptor);
    /// Calls readable() in the next pass, instead of when the descriptor is ready: some of it was
    /// read already. Only once, and only while the watch is for reading.
    void readSoon(int descriptor);

    Statistics statistics() const;

    /// The longest that a timer was late since the last call. From any thread.
    std::chrono::microseconds takeLag();

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;

    void registerSocketNotifier(QSocketNotifier *notifier) override;
    void unregisterSocketNotifier(QSocketNotifier *notifier) override;

    void registerTimer(int timerId, qint64 interval, Qt::TimerType timerType,
                       QObject *object) override;
    bool unregisterTimer(int timerId) override;
    bool unregisterTimers(QObject *object) override;
    // TimerInfo is deprecated from 6.8 on, and yet what this interface returns until Qt 7.
    QT_WARNING_PUSH
    QT_WARNING_DISABLE_DEPRECATED
    QList<TimerInfo> registeredTimers(QObject *object) const override;
    QT_WARNING_POP
    int remainingTime(int timerId) override;

    void wakeUp() override;
    void interrupt() override;

private:
    bool mayBlock() const;
    std::chrono::milliseconds untilNextTimer() const;
    int deliverSockets(std::chrono::milliseconds timeout);
    int deliver(const epoll_event &event);
    int tellUser(const epoll_event &event);
    int activate(const epoll_event &event);
    int waitForWakeUp(std::chrono::milliseconds timeout);
    int deliverTimers();
    void noteLag(std::chrono::steady_clock::time_point now);

    WakeUp m_wakeUp;
    EpollSet m_sockets;
    TimerHeap m_timers;
    std::atomic<bool> m_isInterrupted = false;
    quint64 m_passes = 0;
    quint64 m_activations = 0;
    std::atomic<qint64> m_lag = 0; ///< us
};

} // namespace presence::eventloop
