// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/epollset.h"

#include "shared/core/logging.h"

#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>

namespace presence::eventloop {

static constexpr std::array<quint32, 3> kEventOf{EPOLLIN, EPOLLOUT, EPOLLPRI};
static constexpr quint32 kWakeUpGeneration = 0;

static quint64 keyOf(int descriptor, quint32 generation)
{
    return (quint64(generation) << 32) | quint32(descriptor);
}

quint32 EpollSet::Watch::wanted() const
{
    quint32 events = 0;
    for (size_t type = 0; type < notifiers.size(); ++type)
        events |= notifiers[type] ? kEventOf[type] : 0;
    return events;
}

EpollSet::EpollSet(int wakeUpDescriptor) : m_wakeUpDescriptor(wakeUpDescriptor)
{
    open();
}

EpollSet::~EpollSet()
{
    ::close(m_epoll);
}

void EpollSet::open()
{
    m_epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (m_epoll == -1 || !control(EPOLL_CTL_ADD, m_wakeUpDescriptor, EPOLLIN, kWakeUpGeneration))
        qFatal("An event loop needs epoll: %s", qPrintable(qt_error_string()));
}

void EpollSet::rebuild()
{
    ::close(m_epoll);
    open();
    for (auto watch = m_watches.begin(); watch != m_watches.end(); ++watch) {
        watch->applied = 0;
        markDirty(watch.key(), *watch);
    }
    m_needsRebuild = false;
    ++m_counters.rebuilds;
}

void EpollSet::add(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    Watch &watch = m_watches[descriptor];
    QSocketNotifier *&place = watch.notifiers[notifier->type()];
    if (place) {
        qCWarning(lcLoop) << "Descriptor" << descriptor << "has a notifier of type"
                          << notifier->type() << "already; the second one is ignored";
        return;
    }
    place = notifier;
    if (watch.generation == 0) {
        m_lastGeneration = qMax(m_lastGeneration + 1, kWakeUpGeneration + 1);
        watch.generation = m_lastGeneration;
    }
    markDirty(descriptor, watch);
}

void EpollSet::remove(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    const auto watch = m_watches.find(descriptor);
    if (watch == m_watches.end() || watch->notifiers[notifier->type()] != notifier)
        return;
    watch->notifiers[notifier->type()] = nullptr;
    if (watch->wanted() != 0) {
        markDirty(descriptor, *watch);
        return;
    }
    // Fails when the descriptor was closed before its notifier: there is nothing to take out then.
    if (watch->applied != 0)
        control(EPOLL_CTL_DEL, descriptor, 0, watch->generation);
    m_watches.erase(watch);
    ++m_removals;
}

std::span<const epoll_event> EpollSet::wait(std::span<epoll_event> buffer,
                                            std::chrono::milliseconds timeout)
{
    if (m_needsRebuild)
        rebuild();
    applyChanges();
    ++m_counters.waits;
    const int count
        = ::epoll_wait(m_epoll, buffer.data(), int(buffer.size()), int(timeout.count()));
    if (count == -1 && errno != EINTR)
        qCWarning(lcLoop) << "epoll_wait:" << qt_error_string();
    m_removalsAtWait = m_removals;
    return buffer.first(size_t(qMax(count, 0)));
}

bool EpollSet::isWakeUp(const epoll_event &event) const
{
    return event.data.u64 == keyOf(m_wakeUpDescriptor, kWakeUpGeneration);
}

QSocketNotifier *EpollSet::notifierFor(const epoll_event &event, QSocketNotifier::Type type)
{
    // Trouble is everybody's business: each notifier gets the chance to find out and be disabled.
    if (!(event.events & (kEventOf[type] | EPOLLHUP | EPOLLERR)))
        return nullptr;
    const auto watch = m_watches.constFind(int(event.data.u64 & 0xffff'ffff));
    if (watch != m_watches.cend() && watch->generation == quint32(event.data.u64 >> 32))
        return watch->notifiers[type];
    // Without a removal since the wait, the kernel watches something that we do not.
    if (m_removals == m_removalsAtWait)
        m_needsRebuild = true;
    return nullptr;
}

void EpollSet::markDirty(int descriptor, Watch &watch)
{
    if (watch.isDirty)
        return;
    watch.isDirty = true;
    m_dirty.push_back(descriptor);
}

void EpollSet::applyChanges()
{
    for (int descriptor : m_dirty) {
        const auto watch = m_watches.find(descriptor);
        if (watch != m_watches.end() && watch->isDirty)
            apply(descriptor, *watch);
    }
    m_dirty.clear();
}

void EpollSet::apply(int descriptor, Watch &watch)
{
    watch.isDirty = false;
    const quint32 wanted = watch.wanted();
    if (wanted == watch.applied)
        return;
    const int operation = watch.applied == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    // A refusal counts as applied, so that it is not repeated before the interest changes.
    watch.applied = wanted;
    if (control(operation, descriptor, wanted, watch.generation))
        return;
    // The descriptor was closed under its notifier and its number is in use again, or the number
    // is that of a duplicate which is watched already.
    const int other = operation == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    const bool isOther = errno == ENOENT || errno == EEXIST;
    if (!isOther || !control(other, descriptor, wanted, watch.generation))
        qCWarning(lcLoop) << "Descriptor" << descriptor
                          << "cannot be watched:" << qt_error_string();
}

bool EpollSet::control(int operation, int descriptor, quint32 events, quint32 generation)
{
    epoll_event event{};
    event.events = events;
    event.data.u64 = keyOf(descriptor, generation);
    ++m_counters.controlCalls;
    return ::epoll_ctl(m_epoll, operation, descriptor, &event) == 0;
}

} // namespace presence::eventloop
