// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/adminrows/frames.h"

#include <QAbstractEventDispatcher>
#include <QTimer>

namespace presence::bench {

/// By their intervals UsersModel's timers are known.
static constexpr int kTurn = 16; // ms
static constexpr int kArrangement = 500; // ms
static constexpr int kArrangementOfLoad = 50; // ms

FrameApplication::FrameApplication(int &argc, char **argv) : QApplication(argc, argv)
{
    connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, this,
            [this] {
                if (std::exchange(m_isBusy, false))
                    m_times.busy.add(Latencies::Clock::now() - m_begin);
            });
}

FrameTimes FrameApplication::take()
{
    m_begin = Latencies::Clock::now();
    return std::exchange(m_times, {});
}

bool FrameApplication::notify(QObject *receiver, QEvent *event)
{
    const auto begin = Latencies::Clock::now();
    if (!std::exchange(m_isBusy, true))
        m_begin = begin;
    // Before: the receiver may be gone afterwards.
    Latencies *times = m_depth++ == 0 ? timesOf(receiver, *event) : nullptr;
    const bool result = QApplication::notify(receiver, event);
    --m_depth;
    if (times)
        times->add(Latencies::Clock::now() - begin);
    return result;
}

/// Where an event counts, null for nowhere.
Latencies *FrameApplication::timesOf(QObject *receiver, const QEvent &event)
{
    if (event.type() == QEvent::SockAct)
        return &m_times.receiving;
    if (event.type() == QEvent::UpdateRequest)
        return &m_times.painting;
    const auto *timer = event.type() == QEvent::Timer ? qobject_cast<QTimer *>(receiver) : nullptr;
    const int interval = timer ? timer->interval() : 0;
    if (interval == kTurn)
        return &m_times.turns;
    const bool isArrangement = interval == kArrangement || interval == kArrangementOfLoad;
    return isArrangement ? &m_times.arrangements : nullptr;
}

} // namespace presence::bench
