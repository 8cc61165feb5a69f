// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What the daemon says of itself to Prometheus, beside what the modules count.
#include "server/app/daemon.h"
#include "server/app/processusage.h"

namespace presence::app {

std::vector<metrics::Sample> Daemon::redisSamples() const
{
    metrics::Sample writable{.name = "presence_redis_master_writable",
                             .help = "Whether a master of Redis takes changes",
                             .kind = metrics::Sample::Kind::Gauge,
                             .label = "master"};
    for (const rules::RedisState::Master &master : m_redisState.view().masters)
        writable.values.emplace_back(master.address.toStdString(), master.error.isEmpty() ? 1 : 0);
    if (writable.values.empty())
        return {};
    return {writable};
}

/// By the names that every client library of Prometheus gives them.
std::vector<metrics::Sample> Daemon::processSamples()
{
    using enum metrics::Sample::Kind;
    const ProcessUsage usage = processUsage(Descriptors::Count);
    return {
        {"process_resident_memory_bytes", "Memory that is resident", Gauge, double(usage.memory)},
        {"process_cpu_seconds_total", "Processor time, of all threads", Counter,
         std::chrono::duration<double>(usage.processor).count()},
        {"process_open_fds", "Open file descriptors", Gauge, double(usage.descriptors)},
        {"process_max_fds", "File descriptors that may be open", Gauge,
         double(usage.mostDescriptors)}};
}

std::vector<metrics::Sample> Daemon::limitSamples() const
{
    using enum metrics::Sample::Kind;
    std::vector<metrics::Sample> samples;
    if (!m_limiter)
        return samples;
    metrics::Sample limited{"presence_limited_total", "What was refused or slowed down, by limit",
                            Counter};
    limited.label = "limit";
    for (size_t i = 0; i < limits::kLimits; ++i) {
        const auto limit = static_cast<limits::Limit>(i);
        limited.values.emplace_back(limits::toName(limit).toStdString(),
                                    double(m_limiter->limited(limit)));
    }
    samples.push_back(std::move(limited));
    samples.push_back({"presence_memory_short", "Whether LIMIT_MEMORY is exceeded", Gauge,
                       m_limiter->isMemoryShort() ? 1.0 : 0.0});
    return samples;
}

std::vector<metrics::Sample> Daemon::authSamples() const
{
    using enum metrics::Sample::Kind;
    std::vector<metrics::Sample> samples{
        {"presence_auth_keys", "Keys that tokens may be signed with", Gauge,
         double(m_keyRing.keys()->size())},
        {"presence_auth_key_fetches_total", "Times that AUTH_JWKS_URL was asked", Counter,
         double(m_keySource->fetches())},
        {"presence_auth_key_fetch_failures_total", "Times that it had no keys to give", Counter,
         double(m_keySource->failures())}};
    if (!m_config.tlsCertificate.isEmpty())
        samples.push_back({"presence_tls_certificate_not_after_seconds",
                           "When the certificate of the public port ends, since 1970", Gauge,
                           double(m_tls.notAfter())});
    return samples;
}

std::vector<metrics::Sample> Daemon::archiveSamples() const
{
    using enum metrics::Sample::Kind;
    const archive::ArchiveState state = m_archive->state();
    const std::chrono::duration<double> age = state.lag.age;
    return {{"presence_archive_up", "Whether MongoDB took what was written last", Gauge,
             state.isAvailable ? 1.0 : 0.0},
            {"presence_archive_lag_entries", "Changes of all nodes that wait for MongoDB", Gauge,
             double(state.lag.entries)},
            {"presence_archive_lag_seconds", "Age of the oldest of them", Gauge, age.count()},
            {"presence_archive_fill_ratio",
             "Fullest change stream; at 1 it drops its oldest entries", Gauge, state.lag.fill},
            {"presence_archive_written_total", "Changes written to MongoDB by this node", Counter,
             double(state.written)},
            {"presence_archive_rejected_total", "Documents that MongoDB refused for good", Counter,
             double(state.rejected)},
            {"presence_archive_dropped_total",
             "Changes of all nodes dropped before they were written", Counter,
             double(state.lag.dropped)}};
}

} // namespace presence::app
