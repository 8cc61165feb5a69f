// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/metrics/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>

namespace presence::metrics {

/// The label of what has none of its own.
static constexpr char kOther[] = "other";

static auto &counter(prometheus::Registry &registry, const char *name, const char *help)
{
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

static auto &gauge(prometheus::Registry &registry, const char *name, const char *help)
{
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

Metrics::Metrics(const std::string &version)
    : heartbeats(counter(m_registry, "presence_heartbeats_total", "Total heartbeat events")),
      heartbeatsOk(heartbeats.Add({{"status", "ok"}})),
      heartbeatsFailed(heartbeats.Add({{"status", "error"}})),
      joins(counter(m_registry, "presence_joins_total", "Topics joined").Add({})),
      eventsReceived(
          counter(m_registry, "presence_events_received_total", "Changes heard of by Pub/Sub")
              .Add({})),
      httpRequests(counter(m_registry, "presence_http_requests_total", "REST requests").Add({})),
      redisSlowCalls(counter(m_registry, "presence_redis_slow_calls_total",
                             "Calls to Redis that took more than 100 ms")
                         .Add({})),
      fanOut(prometheus::BuildHistogram()
                 .Name("presence_fanout_batch_size")
                 .Help("Receivers on a shard of each message of a topic")
                 .Register(m_registry)
                 .Add({},
                      prometheus::Histogram::BucketBoundaries(FanOutCounts::kBounds.begin(),
                                                              FanOutCounts::kBounds.end()))),
      searches(prometheus::BuildHistogram()
                   .Name("presence_admin_search_seconds")
                   .Help("How long a part of an operator's search took")
                   .Register(m_registry)
                   .Add({},
                        prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.01, 0.025, 0.05,
                                                                0.1, 0.25, 0.5, 1})),
      searchedNames(counter(m_registry, "presence_admin_searched_names_total",
                            "Names that the searches of operators have looked at")
                        .Add({})),
      loopLag(prometheus::BuildHistogram()
                  .Name("presence_loop_lag_seconds")
                  .Help("How late a timer was at most, of each shard in each second")
                  .Register(m_registry)
                  .Add({},
                       prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                               0.25, 0.5, 1})),
      m_onlineUsers(gauge(m_registry, "presence_online_users", "Number of online users")),
      m_typingUsers(gauge(m_registry, "presence_typing_users", "Number of users currently typing")),
      m_findings(gauge(m_registry, "presence_findings",
                       "What is worth knowing of the service, as the dashboard's verdict has it")),
      m_redisLatency(prometheus::BuildHistogram()
                         .Name("presence_redis_latency_seconds")
                         .Help("Redis operation latency")
                         .Register(m_registry))
{
    gauge(m_registry, "presence_build_info", "The version that runs")
        .Add({{"version", version}}, 1);
}

void LatencyCounts::add(std::chrono::nanoseconds latency)
{
    // A bound belongs to the bucket below it.
    const auto bucket = std::ranges::lower_bound(kBounds, latency) - kBounds.begin();
    ++buckets[static_cast<size_t>(bucket)];
    ++count;
    sum += latency;
}

void FanOutCounts::add(qsizetype receivers)
{
    const auto bucket
        = std::ranges::lower_bound(kBounds, static_cast<double>(receivers)) - kBounds.begin();
    ++buckets[static_cast<size_t>(bucket)];
    sum += static_cast<double>(receivers);
}

static double toSeconds(std::chrono::duration<double> time)
{
    return time.count();
}

void Metrics::addRedisLatencies(const QByteArray &operation, const LatencyCounts &counts)
{
    const std::string label = operation.toLower().toStdString();
    const std::scoped_lock lock(m_mutex);
    auto found = m_latencies.find(label);
    if (found == m_latencies.end()) {
        prometheus::Histogram::BucketBoundaries bounds;
        std::ranges::transform(LatencyCounts::kBounds, std::back_inserter(bounds), toSeconds);
        found = m_latencies
                    .emplace(label, &m_redisLatency.Add({{"operation", label}}, std::move(bounds)))
                    .first;
    }
    redisSlowCalls.Increment(static_cast<double>(counts.buckets.back()));
    found->second->ObserveMultiple({counts.buckets.begin(), counts.buckets.end()},
                                   toSeconds(counts.sum));
}

void Metrics::replace(GaugeFamily &family, Gauges &gauges, const std::string &label,
                      const LabelledCounts &counts)
{
    const std::scoped_lock lock(m_mutex);
    for (prometheus::Gauge *gauge : std::exchange(gauges, {}))
        family.Remove(gauge);
    // Always there, so that the metric is even when nobody is.
    prometheus::Gauge &other = family.Add({{label, kOther}}, counts.other);
    gauges.push_back(&other);
    for (const auto &[name, value] : counts.largest) {
        // A workspace or channel may be called that: it is counted with the rest.
        if (name == kOther)
            other.Increment(value);
        else
            gauges.push_back(&family.Add({{label, name.toStdString()}}, value));
    }
}

void Metrics::setOnlineUsers(const LabelledCounts &workspaces)
{
    replace(m_onlineUsers, m_onlineGauges, "workspace_id", workspaces);
}

void Metrics::setTypingUsers(const LabelledCounts &channels)
{
    replace(m_typingUsers, m_typingGauges, "channel_id", channels);
}

void Metrics::setFindings(const std::vector<Findings> &findings)
{
    const std::scoped_lock lock(m_mutex);
    for (prometheus::Gauge *gauge : std::exchange(m_findingGauges, {}))
        m_findings.Remove(gauge);
    for (const auto &[kind, level, count] : findings)
        m_findingGauges.push_back(&m_findings.Add({{"kind", kind}, {"level", level}}, count));
}

void Metrics::addSource(std::function<std::vector<Sample>()> source)
{
    m_sources.push_back(std::move(source));
}

static prometheus::MetricFamily toFamily(const Sample &sample)
{
    prometheus::MetricFamily family;
    family.name = sample.name;
    family.help = sample.help;
    family.type = sample.kind == Sample::Kind::Counter ? prometheus::MetricType::Counter
                                                       : prometheus::MetricType::Gauge;
    const auto add = [&family](double value) -> prometheus::ClientMetric & {
        prometheus::ClientMetric &metric = family.metric.emplace_back();
        metric.counter.value = value;
        metric.gauge.value = value;
        return metric;
    };
    for (const auto &[label, value] : sample.values)
        add(value).label.push_back({sample.label, label});
    if (sample.values.empty())
        add(sample.value);
    return family;
}

QByteArray Metrics::expose() const
{
    auto families = [this] {
        const std::scoped_lock lock(m_mutex); // findings are replaced as a whole
        return m_registry.Collect();
    }();
    for (const auto &source : m_sources) {
        for (const Sample &sample : source())
            families.push_back(toFamily(sample));
    }
    return QByteArray::fromStdString(prometheus::TextSerializer().Serialize(families));
}

} // namespace presence::metrics
