// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/epolldispatcher.h"

#include "shared/core/logging.h"

#include <QCoreApplication>
#include <QTimerEvent>

#include <poll.h>
#include <sys/epoll.h>

namespace presence::eventloop {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

static constexpr std::chrono::milliseconds kForever = -1ms;

EpollDispatcher::EpollDispatcher(QObject *parent)
    : QAbstractEventDispatcher(parent), m_sockets(m_wakeUp.descriptor())
{
}

EpollDispatcher::~EpollDispatcher() = default;

EpollDispatcher *EpollDispatcher::current()
{
    QAbstractEventDispatcher *dispatcher = QAbstractEventDispatcher::instance();
    Q_ASSERT(!dispatcher || qobject_cast<EpollDispatcher *>(dispatcher));
    return static_cast<EpollDispatcher *>(dispatcher);
}

void EpollDispatcher::watch(int descriptor, DescriptorUser &user, bool reads, bool writes)
{
    m_sockets.watch(descriptor, user, reads, writes);
}

void EpollDispatcher::unwatch(int descriptor)
{
    m_sockets.unwatch(descriptor);
}

void EpollDispatcher::readSoon(int descriptor)
{
    m_sockets.readSoon(descriptor);
}

EpollDispatcher::Statistics EpollDispatcher::statistics() const
{
    const EpollSet::Counters &sockets = m_sockets.counters();
    return {.passes = m_passes,
            .waits = sockets.waits,
            .controlCalls = sockets.controlCalls,
            .activations = m_activations,
            .wakeUpWrites = m_wakeUp.writes(),
            .rebuilds = sockets.rebuilds};
}

bool EpollDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    ++m_passes;
    m_wakeUp.adoptThread();
    m_isInterrupted.store(false);
    // A wake-up means posted events, or a loop that was told to end: this pass does not wait.
    int handled = m_wakeUp.consume() ? 1 : 0;
    Q_EMIT awake();
    QCoreApplication::sendPostedEvents();

    bool waits = flags.testFlag(QEventLoop::WaitForMoreEvents) && handled == 0 && mayBlock();
    if (waits) {
        Q_EMIT aboutToBlock();
        waits = mayBlock();
    }
    if (m_isInterrupted.load())
        return handled > 0;

    const bool hasTimers = !flags.testFlag(QEventLoop::X11ExcludeTimers);
    const std::chrono::milliseconds timeout
        = waits ? (hasTimers ? untilNextTimer() : kForever) : 0ms;
    if (flags.testFlag(QEventLoop::ExcludeSocketNotifiers))
        handled += waitForWakeUp(timeout);
    else
        handled += deliverSockets(timeout);
    if (hasTimers)
        handled += deliverTimers();
    return handled > 0;
}

/// False once somebody wants the next pass to begin.
bool EpollDispatcher::mayBlock() const
{
    return !m_wakeUp.isWoken() && !m_isInterrupted.load();
}

std::chrono::milliseconds EpollDispatcher::untilNextTimer() const
{
    const std::optional<TimerHeap::TimePoint> due = m_timers.nextDue();
    if (!due)
        return kForever;
    // Rounded up, so that the wait does not end before the timer is due.
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*due - steady_clock::now());
    return std::clamp<std::chrono::milliseconds>(wait, 0ms, 24h);
}

int EpollDispatcher::deliverSockets(std::chrono::milliseconds timeout)
{
    std::array<epoll_event, kEventsPerPass> buffer;
    size_t soon = m_sockets.countSoon();
    const std::span<const epoll_event> events = m_sockets.wait(buffer, timeout);
    const quint64 wait = m_sockets.counters().waits;
    // A nested loop has waited meanwhile and knows better; what is ready will be seen again.
    const auto isCurrent = [&] { return m_sockets.counters().waits == wait; };
    int handled = 0;
    for (const epoll_event &event : events) {
        if (m_sockets.isWakeUp(event)) {
            m_wakeUp.drain();
            ++handled;
            continue;
        }
        handled += deliver(event);
        if (!isCurrent())
            break;
    }
    for (; soon > 0 && isCurrent(); --soon) {
        if (const auto event = m_sockets.takeSoon())
            handled += deliver(*event);
    }
    return handled;
}

int EpollDispatcher::deliver(const epoll_event &event)
{
    const int activated = m_sockets.hasUser(event) ? tellUser(event) : activate(event);
    m_activations += quint64(activated);
    return activated;
}

// Each is looked up anew, since the call before may have ended it.

int EpollDispatcher::tellUser(const epoll_event &event)
{
    int told = 0;
    if (DescriptorUser *reader = m_sockets.readerFor(event)) {
        reader->readable();
        ++told;
    }
    if (DescriptorUser *writer = m_sockets.writerFor(event)) {
        writer->writable();
        ++told;
    }
    return told;
}

int EpollDispatcher::activate(const epoll_event &event)
{
    int activated = 0;
    for (const auto type :
         {QSocketNotifier::Read, QSocketNotifier::Write, QSocketNotifier::Exception}) {
        QSocketNotifier *notifier = m_sockets.notifierFor(event, type);
        if (!notifier)
            continue;
        QEvent activation(QEvent::SockAct);
        QCoreApplication::sendEvent(notifier, &activation);
        ++activated;
    }
    return activated;
}

/// Without the sockets the epoll descriptor is of no use: one that is ready would end every wait.
int EpollDispatcher::waitForWakeUp(std::chrono::milliseconds timeout)
{
    pollfd wakeUp{.fd = m_wakeUp.descriptor(), .events = POLLIN, .revents = 0};
    if (::poll(&wakeUp, 1, int(timeout.count())) != 1)
        return 0;
    m_wakeUp.drain();
    return 1;
}

int EpollDispatcher::deliverTimers()
{
    const auto now = steady_clock::now();
    noteLag(now);
    return m_timers.fire(now, [](int id, QObject *object) {
        QTimerEvent event(id);
        QCoreApplication::sendEvent(object, &event);
    });
}

void EpollDispatcher::noteLag(steady_clock::time_point now)
{
    const auto due = m_timers.nextDue();
    if (!due || *due >= now)
        return;
    const qint64 late = std::chrono::duration_cast<std::chrono::microseconds>(now - *due).count();
    if (late > m_lag.load(std::memory_order_relaxed))
        m_lag.store(late, std::memory_order_relaxed);
}

std::chrono::microseconds EpollDispatcher::takeLag()
{
    return std::chrono::microseconds(m_lag.exchange(0, std::memory_order_relaxed));
}

void EpollDispatcher::registerSocketNotifier(QSocketNotifier *notifier)
{
    m_sockets.add(notifier);
}

void EpollDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier)
{
    m_sockets.remove(notifier);
}

void EpollDispatcher::registerTimer(int timerId, qint64 interval, Qt::TimerType timerType,
                                    QObject *object)
{
    m_timers.add({timerId, std::chrono::milliseconds(interval), timerType}, object,
                 steady_clock::now());
}

bool EpollDispatcher::unregisterTimer(int timerId)
{
    return m_timers.remove(timerId);
}

bool EpollDispatcher::unregisterTimers(QObject *object)
{
    return m_timers.removeAllOf(object);
}

QT_WARNING_PUSH
QT_WARNING_DISABLE_DEPRECATED
QList<QAbstractEventDispatcher::TimerInfo> EpollDispatcher::registeredTimers(QObject *object) const
{
    QList<TimerInfo> timers;
    const QList<TimerHeap::Registration> registrations = m_timers.registeredBy(object);
    for (const TimerHeap::Registration &timer : registrations)
        timers.append(TimerInfo(timer.id, int(timer.interval.count()), timer.type));
    return timers;
}
QT_WARNING_POP

int EpollDispatcher::remainingTime(int timerId)
{
    const auto remaining = m_timers.remaining(timerId, steady_clock::now());
    if (!remaining)
        qCWarning(lcLoop) << "There is no timer" << timerId;
    return remaining ? int(remaining->count()) : -1;
}

void EpollDispatcher::wakeUp()
{
    m_wakeUp.wake();
}

void EpollDispatcher::interrupt()
{
    m_isInterrupted.store(true);
    m_wakeUp.wake();
}

} // namespace presence::eventloop
