// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/commandcount.h"
#include "tests/bench/deliveries.h"
#include "tests/bench/observedprocess.h"
#include "tests/bench/options.h"
#include "tests/bench/population.h"
#include "tests/bench/report.h"

#include <memory>
#include <optional>

namespace presence::bench {

/// One run: joins, then rest, then rounds of fan-out, then the same rounds against the floor.
class Bench
{
public:
    explicit Bench(const Options &options);

    /// Blocks until everything is measured. False when anything went wrong; it has been told.
    bool run();

private:
    void measureJoins();
    void measureRest();
    void measureFanout();
    void measureFloor();
    void measureFloorWith(int receivers);
    /// `name` and `label` of the round's figures; `cost` is the sender's processor time.
    void addRound(const QString &name, Deliveries &deliveries, const Deliveries::Plan &plan,
                  std::chrono::nanoseconds cost);
    void addRatio(const Deliveries::Plan &plan);
    CommandCount::Counts commands();
    bool reportErrors() const;

    const Options &m_options;
    ObservedProcess m_daemon;
    ObservedProcess m_redis;
    std::unique_ptr<CommandCount> m_commands; ///< null: not counted
    Report m_report;
    std::unique_ptr<Population> m_population;
    int m_frameSize = 200; ///< bytes; that of the daemon once there was a round
    QMap<QString, double> m_perDelivery; ///< us of processor time, by round
    QStringList m_faults;
};

} // namespace presence::bench
