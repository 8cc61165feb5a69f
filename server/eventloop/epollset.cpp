// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/epollset.h"

#include "shared/core/logging.h"

#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace presence::eventloop {

static constexpr std::array<quint32, 3> kEventOf{EPOLLIN, EPOLLOUT, EPOLLPRI};
static constexpr quint32 kWakeUpGeneration = 0;

/// Trouble is everybody's business: each gets the chance to find out, and to end its interest.
static bool concerns(const epoll_event &event, quint32 type)
{
    return event.events & (type | EPOLLHUP | EPOLLERR);
}

static quint64 keyOf(int descriptor, quint32 generation)
{
    return (quint64(generation) << 32) | quint32(descriptor);
}

static int descriptorOf(const epoll_event &event)
{
    return int(event.data.u64 & 0xffff'ffff);
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

EpollSet::Watch &EpollSet::watchOf(int descriptor)
{
    Watch &watch = m_watches[descriptor];
    if (watch.generation == 0) {
        m_lastGeneration = qMax(m_lastGeneration + 1, kWakeUpGeneration + 1);
        watch.generation = m_lastGeneration;
    }
    return watch;
}

void EpollSet::want(int descriptor, Watch &watch, quint32 events)
{
    watch.wanted = events;
    markDirty(descriptor, watch);
}

/// Fails when the descriptor was closed before: there is nothing to take out then.
void EpollSet::drop(QHash<int, Watch>::const_iterator watch)
{
    if (watch->applied != 0)
        control(EPOLL_CTL_DEL, watch.key(), 0, watch->generation);
    m_watches.erase(watch);
    ++m_removals;
}

void EpollSet::watch(int descriptor, DescriptorUser &user, bool reads, bool writes)
{
    Q_ASSERT(!m_notifiers.contains(descriptor));
    Watch &watch = watchOf(descriptor);
    watch.user = &user;
    want(descriptor, watch, (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U));
}

void EpollSet::unwatch(int descriptor)
{
    const auto watch = m_watches.constFind(descriptor);
    if (watch != m_watches.cend() && watch->user)
        drop(watch);
}

void EpollSet::readSoon(int descriptor)
{
    const auto watch = m_watches.find(descriptor);
    if (watch == m_watches.end() || std::exchange(watch->isReadSoon, true))
        return;
    m_soon.push_back(keyOf(descriptor, watch->generation));
}

std::optional<epoll_event> EpollSet::takeSoon()
{
    if (m_soon.empty())
        return std::nullopt;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = m_soon.front();
    m_soon.pop_front();
    const Watch *found = find(event);
    if (!found)
        return std::nullopt;
    m_watches[descriptorOf(event)].isReadSoon = false;
    return event;
}

void EpollSet::add(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    Watch &watch = watchOf(descriptor);
    QSocketNotifier *&place = m_notifiers[descriptor][notifier->type()];
    if (place || watch.user) {
        qCWarning(lcLoop) << "Descriptor" << descriptor << "has a notifier of type"
                          << notifier->type() << "already; the second one is ignored";
        return;
    }
    place = notifier;
    want(descriptor, watch, watch.wanted | kEventOf[notifier->type()]);
}

void EpollSet::remove(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    const auto notifiers = m_notifiers.find(descriptor);
    if (notifiers == m_notifiers.end() || (*notifiers)[notifier->type()] != notifier)
        return;
    (*notifiers)[notifier->type()] = nullptr;
    const auto watch = m_watches.find(descriptor);
    const quint32 wanted = watch->wanted & ~kEventOf[notifier->type()];
    if (wanted != 0)
        return want(descriptor, *watch, wanted);
    m_notifiers.erase(notifiers);
    drop(watch);
}

std::span<const epoll_event> EpollSet::wait(std::span<epoll_event> buffer,
                                            std::chrono::milliseconds timeout)
{
    if (m_needsRebuild)
        rebuild();
    applyChanges();
    ++m_counters.waits;
    const int milliseconds = m_soon.empty() ? int(timeout.count()) : 0;
    const int count = ::epoll_wait(m_epoll, buffer.data(), int(buffer.size()), milliseconds);
    if (count == -1 && errno != EINTR)
        qCWarning(lcLoop) << "epoll_wait:" << qt_error_string();
    m_removalsAtWait = m_removals;
    return buffer.first(size_t(qMax(count, 0)));
}

bool EpollSet::isWakeUp(const epoll_event &event) const
{
    return event.data.u64 == keyOf(m_wakeUpDescriptor, kWakeUpGeneration);
}

/// Null when the descriptor has been given up since.
const EpollSet::Watch *EpollSet::find(const epoll_event &event) const
{
    const auto watch = m_watches.constFind(descriptorOf(event));
    if (watch == m_watches.cend() || watch->generation != quint32(event.data.u64 >> 32))
        return nullptr;
    return &*watch;
}

bool EpollSet::hasUser(const epoll_event &event)
{
    const Watch *watch = find(event);
    // Without a removal since the wait, the kernel watches something that we do not.
    if (!watch && m_removals == m_removalsAtWait)
        m_needsRebuild = true;
    return watch && watch->user;
}

DescriptorUser *EpollSet::readerFor(const epoll_event &event) const
{
    const Watch *watch = concerns(event, EPOLLIN) ? find(event) : nullptr;
    return watch && (watch->wanted & EPOLLIN) && !watch->isReadSoon ? watch->user : nullptr;
}

DescriptorUser *EpollSet::writerFor(const epoll_event &event) const
{
    const Watch *watch = concerns(event, EPOLLOUT) ? find(event) : nullptr;
    return watch && (watch->wanted & EPOLLOUT) ? watch->user : nullptr;
}

QSocketNotifier *EpollSet::notifierFor(const epoll_event &event, QSocketNotifier::Type type) const
{
    if (!concerns(event, kEventOf[type]) || !find(event))
        return nullptr;
    const auto notifiers = m_notifiers.constFind(descriptorOf(event));
    return notifiers == m_notifiers.cend() ? nullptr : (*notifiers)[type];
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
    const quint32 wanted = watch.wanted;
    if (wanted == watch.applied)
        return;
    const int operation = wanted == 0 ? EPOLL_CTL_DEL // which would tell of trouble all the same
        : watch.applied == 0          ? EPOLL_CTL_ADD
                                      : EPOLL_CTL_MOD;
    // A refusal counts as applied, so that it is not repeated before the interest changes.
    watch.applied = wanted;
    if (control(operation, descriptor, wanted, watch.generation) || wanted == 0)
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
