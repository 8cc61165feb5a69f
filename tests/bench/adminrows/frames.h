// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/latencies.h"

#include <QApplication>

namespace presence::bench {

/// How long a window is not to be had.
struct FrameTimes
{
    Latencies busy; ///< from when the event loop wakes up until it sleeps again: a frame at worst
    Latencies turns; ///< of UsersModel: values that change, with what views do about it
    Latencies arrangements; ///< of UsersModel: rows that go where they belong
    Latencies receiving; ///< of the socket: reading, parsing
    Latencies painting;
};

/// An application that measures its event loop.
class FrameApplication : public QApplication
{
    Q_OBJECT
public:
    FrameApplication(int &argc, char **argv);

    /// What was measured so far; from now on it is measured anew.
    FrameTimes take();
    bool notify(QObject *receiver, QEvent *event) override;

private:
    Latencies *timesOf(QObject *receiver, const QEvent &event);

    FrameTimes m_times;
    Latencies::Clock::time_point m_begin;
    bool m_isBusy = false;
    int m_depth = 0;
};

} // namespace presence::bench
