// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/timerheap.h"

#include <algorithm>
#include <array>

namespace presence::eventloop {

using namespace std::chrono_literals;

/// What a timer's due time is rounded to the nearest multiple of; zero for no rounding.
static TimerHeap::Milliseconds granuleOf(const TimerHeap::Registration &registration)
{
    if (registration.type == Qt::VeryCoarseTimer)
        return 1s;
    if (registration.type == Qt::PreciseTimer || registration.interval <= 20ms)
        return 0ms;
    if (registration.interval >= 20s)
        return 1s;
    // Half a granule is at most 5 %. Each divides the one before, so long and short timers meet.
    constexpr std::array granules{1000ms, 500ms, 100ms, 50ms, 10ms, 5ms, 1ms};
    return *std::find_if(granules.begin(), granules.end(), [&](TimerHeap::Milliseconds granule) {
        return granule <= registration.interval / 10;
    });
}

bool TimerHeap::isEarlier(const Timer *a, const Timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

void TimerHeap::add(const Registration &registration, QObject *object, TimePoint now)
{
    remove(registration.id);
    Timer &timer = m_timers[registration.id];
    timer.registration = registration;
    timer.object = object;
    timer.nominal = now;
    schedule(timer, now);
    m_idsOf.insert(object, registration.id);
    push(timer);
}

bool TimerHeap::remove(int id)
{
    const auto found = m_timers.find(id);
    if (found == m_timers.end())
        return false;
    if (found->second.position != kOutside)
        takeOut(found->second);
    m_idsOf.remove(found->second.object, id);
    m_timers.erase(found);
    return true;
}

bool TimerHeap::removeAllOf(QObject *object)
{
    const QList<int> ids = m_idsOf.values(object);
    for (int id : ids)
        remove(id);
    return !ids.isEmpty();
}

QList<TimerHeap::Registration> TimerHeap::registeredBy(QObject *object) const
{
    QList<Registration> registrations;
    const QList<int> ids = m_idsOf.values(object);
    for (int id : ids)
        registrations.append(m_timers.at(id).registration);
    return registrations;
}

std::optional<TimerHeap::Milliseconds> TimerHeap::remaining(int id, TimePoint now) const
{
    const auto found = m_timers.find(id);
    if (found == m_timers.end())
        return std::nullopt;
    return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(found->second.due - now));
}

std::optional<TimerHeap::TimePoint> TimerHeap::nextDue() const
{
    if (m_heap.empty())
        return std::nullopt;
    return m_heap.front()->due;
}

int TimerHeap::fire(TimePoint now, const Deliver &deliver)
{
    // What is scheduled from here on waits for the next pass, a zero timer's next turn included.
    const quint64 end = m_nextOrder;
    int delivered = 0;
    while (!m_heap.empty() && m_heap.front()->due <= now && m_heap.front()->order < end) {
        Timer &timer = *m_heap.front();
        const int id = timer.registration.id;
        takeOut(timer);
        schedule(timer, now);
        if (timer.registration.interval > 0ms)
            ++delivered;
        deliver(id, timer.object);
        finishDelivery(id);
    }
    return delivered;
}

void TimerHeap::finishDelivery(int id)
{
    // Looked up again: the timer may be gone, or another one with its id be waiting already.
    const auto found = m_timers.find(id);
    if (found != m_timers.end() && found->second.position == kOutside)
        push(found->second);
}

void TimerHeap::schedule(Timer &timer, TimePoint now)
{
    timer.nominal += timer.registration.interval;
    if (timer.nominal < now)
        timer.nominal = now + timer.registration.interval;
    timer.due = timer.nominal;
    const Milliseconds granule = granuleOf(timer.registration);
    if (granule == 0ms)
        return;
    const auto sinceEpoch = timer.nominal.time_since_epoch();
    timer.due = TimePoint((sinceEpoch + granule / 2) / granule * granule);
    if (timer.due <= now)
        timer.due += granule;
}

void TimerHeap::push(Timer &timer)
{
    timer.order = m_nextOrder++;
    m_heap.push_back(&timer);
    siftUp(m_heap.size() - 1);
}

void TimerHeap::takeOut(Timer &timer)
{
    const size_t hole = timer.position;
    Timer *last = m_heap.back();
    m_heap.pop_back();
    timer.position = kOutside;
    if (last == &timer)
        return;
    place(last, hole);
    siftUp(hole);
    siftDown(last->position);
}

void TimerHeap::place(Timer *timer, size_t position)
{
    m_heap[position] = timer;
    timer->position = position;
}

void TimerHeap::siftUp(size_t position)
{
    Timer *timer = m_heap[position];
    while (position > 0 && isEarlier(timer, m_heap[(position - 1) / 2])) {
        place(m_heap[(position - 1) / 2], position);
        position = (position - 1) / 2;
    }
    place(timer, position);
}

void TimerHeap::siftDown(size_t position)
{
    Timer *timer = m_heap[position];
    for (size_t child = 2 * position + 1; child < m_heap.size(); child = 2 * position + 1) {
        if (child + 1 < m_heap.size() && isEarlier(m_heap[child + 1], m_heap[child]))
            ++child;
        if (!isEarlier(m_heap[child], timer))
            break;
        place(m_heap[child], position);
        position = child;
    }
    place(timer, position);
}

} // namespace presence::eventloop
