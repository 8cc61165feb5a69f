// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/commandcount.h"
#include "tests/bench/observedprocess.h"
#include "tests/bench/options.h"

#include <QMap>

namespace presence::bench {

/// What a row is measured with: the processes that are watched, where figures go, what was wrong.
class Bench
{
public:
    explicit Bench(const Options &options);

    const Options &options() const { return m_options; }
    const ObservedProcess &daemon() const { return m_daemon; }
    const ObservedProcess &redis() const { return m_redis; }
    CommandCount &commands() { return m_commands; }

    /// Prints a line for table.h: the figure of the row in `column`.
    void figure(const QString &row, const QString &column, double value) const;

    /// Something was wrong, told at the end; `what` is short and the same for the same cause.
    void fault(const QByteArray &what) { ++m_faults[what]; }
    bool isFine() const { return m_faults.isEmpty(); }
    /// Tells of every fault on standard error.
    void reportFaults() const;

    /// Runs the event loop for that long.
    static void wait(std::chrono::milliseconds time);
    /// Runs the event loop until `isSo`. False when `patience` went by.
    static bool waitUntil(const std::function<bool()> &isSo, std::chrono::milliseconds patience);

private:
    Options m_options;
    ObservedProcess m_daemon;
    ObservedProcess m_redis;
    CommandCount m_commands;
    QMap<QByteArray, int> m_faults;
};

/// What the daemon and Redis spend from now on.
class Cost
{
public:
    explicit Cost(const Bench &bench);

    /// Processor time since then, in us a unit.
    double daemon(double units) const;
    double redis(double units) const;

private:
    const Bench &m_bench;
    std::chrono::nanoseconds m_daemon;
    std::chrono::nanoseconds m_redis;
};

} // namespace presence::bench
