// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/overviewreader.h"
#include "server/admin/verdict.h"
#include "server/archive/archive.h"
#include "server/metrics/metrics.h"

#include <QDeadlineTimer>

#include <deque>

namespace presence::admin {

/// Reads what the whole cluster is like, and judges it: when somebody asks, and at most once in a
/// second. Belongs to one thread.
class VerdictReader
{
public:
    struct Sources
    {
        const rules::Store &store;
        const rules::RedisState *redisState = nullptr; ///< null: it is not known
        const archive::Archive *archive = nullptr; ///< null: there is none
        /// When the certificate of the public port ends, s since the epoch; null: it has none.
        std::function<qint64()> certificateEnds;
        QByteArray node;
    };
    explicit VerdictReader(Sources sources);

    /// Redis does not answer, as far as is known without asking it. Of a cluster: no master does.
    bool isAway() const;

    /// Always with a verdict. While Redis is away it is called at once, and says so.
    void read(std::function<void(const Overview &)> done);

    /// Brings presence_findings up to date.
    void measure(metrics::Metrics &metrics, std::function<void()> done);

private:
    Overview away();
    void readFigures();
    void readUsers(Signs signs);
    void answer(Signs signs);
    Signs signs(Overview overview, Seconds now) const;
    std::chrono::microseconds leastLatency(std::chrono::microseconds latency);

    Sources m_from;
    OverviewReader m_reader;
    std::vector<std::function<void(const Overview &)>> m_waiting;
    Overview m_last;
    QDeadlineTimer m_isFresh;
    std::optional<Seconds> m_awaySince; ///< as noticed here
    struct Latency
    {
        QDeadlineTimer counts;
        std::chrono::microseconds latency{};
    };
    std::deque<Latency> m_latencies; ///< of the last readings
    QObject m_context; ///< what the signals are bound to
};

} // namespace presence::admin
