// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

namespace presence::metrics {

/// One value a workspace or channel. Bounded: the largest by name, the rest summed.
struct LabelledCounts
{
    std::vector<std::pair<QByteArray, double>> largest;
    double other = 0; ///< shown under the label `other`
};

/// A value that its owner counts and that is read when somebody asks.
struct Sample
{
    enum class Kind : quint8 { Counter, Gauge };
    std::string name;
    std::string help;
    Kind kind = Kind::Counter;
    double value = 0;
    std::string label{}; ///< instead of the value there are several, each with this label
    std::vector<std::pair<std::string, double>> values{}; ///< by the value of the label
};

/// Latencies in buckets, not cumulative. A value.
struct LatencyCounts
{
    /// As the service that this one replaces had them.
    static constexpr std::array<std::chrono::milliseconds, 6> kBounds{
        std::chrono::milliseconds(1),  std::chrono::milliseconds(5),
        std::chrono::milliseconds(10), std::chrono::milliseconds(25),
        std::chrono::milliseconds(50), std::chrono::milliseconds(100)};

    static constexpr auto kSlow = kBounds.back();

    std::array<quint64, kBounds.size() + 1> buckets{}; ///< the last: above all bounds
    quint64 count = 0;
    std::chrono::nanoseconds sum{0};

    void add(std::chrono::nanoseconds latency);
};

/// How many receivers each message had, in buckets, not cumulative. A value.
struct FanOutCounts
{
    static constexpr std::array<double, 11> kBounds{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000};

    std::array<double, kBounds.size() + 1> buckets{}; ///< the last: above all bounds
    double sum = 0;

    void add(qsizetype receivers);
};

/// The daemon's metrics. One for all threads: counters are atomic, everything else is locked.
class Metrics
{
    prometheus::Registry m_registry;

public:
    /// `version` is told as presence_build_info.
    explicit Metrics(const std::string &version = {});
    Q_DISABLE_COPY_MOVE(Metrics)

    prometheus::Family<prometheus::Counter> &heartbeats;
    prometheus::Counter &heartbeatsOk;
    prometheus::Counter &heartbeatsFailed;
    prometheus::Counter &joins;
    prometheus::Counter &eventsReceived; ///< by Pub/Sub, of all that the clients here look at
    prometheus::Counter &httpRequests;
    prometheus::Counter &redisSlowCalls; ///< answered after LatencyCounts::kSlow
    prometheus::Histogram &fanOut; ///< receivers on the shard of what a topic delivers
    prometheus::Histogram &searches; ///< of operators: seconds that a part took
    prometheus::Counter &searchedNames; ///< that these have looked at
    prometheus::Histogram &loopLag; ///< the longest of each shard in each interval of a report

    /// `operation` is a Redis command or the name of a script: a closed set.
    void addRedisLatencies(const QByteArray &operation, const LatencyCounts &counts);

    // Replace all values of presence_online_users and presence_typing_users.
    void setOnlineUsers(const LabelledCounts &workspaces);
    void setTypingUsers(const LabelledCounts &channels);

    struct Findings
    {
        std::string kind;
        std::string level;
        double count = 0;
    };
    /// Replaces all values of presence_findings. Kinds and levels are closed sets.
    void setFindings(const std::vector<Findings> &findings);

    /// `source` is called by expose(), on any thread. Before the threads start.
    void addSource(std::function<std::vector<Sample>()> source);

    /// For metrics that are there only where the module that has them is.
    prometheus::Registry &registry() { return m_registry; }

    /// Prometheus' text format, version 0.0.4.
    QByteArray expose() const;

private:
    using GaugeFamily = prometheus::Family<prometheus::Gauge>;
    using Gauges = std::vector<prometheus::Gauge *>;
    void replace(GaugeFamily &family, Gauges &gauges, const std::string &label,
                 const LabelledCounts &counts);

    mutable std::mutex m_mutex; ///< guards the gauges and m_latencies
    GaugeFamily &m_onlineUsers;
    Gauges m_onlineGauges;
    GaugeFamily &m_typingUsers;
    Gauges m_typingGauges;
    GaugeFamily &m_findings;
    Gauges m_findingGauges;
    prometheus::Family<prometheus::Histogram> &m_redisLatency;
    std::map<std::string, prometheus::Histogram *, std::less<>> m_latencies;
    std::vector<std::function<std::vector<Sample>()>> m_sources;
};

} // namespace presence::metrics
