// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/bench.h"

#include "tests/bench/floor.h"

#include <cstdio>

namespace presence::bench {

using namespace Qt::StringLiterals;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using Microseconds = std::chrono::duration<double, std::micro>;

static constexpr double kKiB = 1024;
/// Bytes before a text of 126 bytes to 64 KiB, as a status_update is.
static constexpr int kFrameHead = 4;

static double perThing(std::chrono::nanoseconds time, double count)
{
    return Microseconds(time).count() / count;
}

Bench::Bench(const Options &options)
    : m_options(options), m_daemon(options.daemonPid), m_redis(options.redisPid),
      m_report(options.json ? Report::Format::Json : Report::Format::Table)
{
    if (options.redisUrl.isEmpty())
        return;
    if (const auto endpoint = redis::Endpoint::parse(options.redisUrl))
        m_commands = std::make_unique<CommandCount>(*endpoint);
    else
        m_faults.append(endpoint.error().detail);
}

bool Bench::run()
{
    if (m_options.connections > 0) {
        m_population = std::make_unique<Population>(m_options);
        measureJoins();
    }
    const bool areAllThere = m_population && m_population->errors().isEmpty();
    if (areAllThere && m_options.hold.count() > 0)
        measureRest();
    if (areAllThere && m_options.fanout > 0)
        measureFanout();
    const bool isFine = reportErrors();
    m_population.reset(); // The floor needs the descriptors.
    if (isFine && m_options.floor && m_options.fanout > 0)
        measureFloor();
    m_report.finish();
    for (const QString &fault : std::as_const(m_faults))
        std::fprintf(stderr, "%s\n", qUtf8Printable(fault));
    return isFine && m_faults.isEmpty();
}

void Bench::measureJoins()
{
    const auto resident = m_daemon.residentBytes();
    const auto daemon = m_daemon.processorTime();
    const auto redis = m_redis.processorTime();
    const auto start = Clock::now();
    m_population->join();
    const Seconds wall = Clock::now() - start;
    const int count = m_population->joined();
    m_report.add(u"joined"_s, u"Connections joined"_s, count);
    if (count == 0)
        return;
    m_report.add(u"joins_per_s"_s, u"Joins (wall)"_s, count / wall.count(), u"/s"_s);
    if (m_daemon.isThere()) {
        m_report.add(u"daemon_us_per_join"_s, u"Daemon, processor time a connection joined"_s,
                     perThing(m_daemon.processorTime() - daemon, count), u"µs"_s);
        m_report.add(u"daemon_kib_per_connection"_s, u"Daemon, resident memory a connection"_s,
                     static_cast<double>(m_daemon.residentBytes() - resident) / kKiB / count,
                     u"KiB"_s);
    }
    if (m_redis.isThere())
        m_report.add(u"redis_us_per_join"_s, u"Redis, processor time a connection joined"_s,
                     perThing(m_redis.processorTime() - redis, count), u"µs"_s);
}

CommandCount::Counts Bench::commands()
{
    return m_commands ? m_commands->read() : CommandCount::Counts{};
}

void Bench::measureRest()
{
    const auto before = commands();
    const auto daemon = m_daemon.processorTime();
    const auto redis = m_redis.processorTime();
    QEventLoop loop;
    QTimer::singleShot(m_options.hold, &loop, &QEventLoop::quit);
    loop.exec();
    const double minutes = Seconds(m_options.hold).count() / 60 * m_population->joined();
    if (m_daemon.isThere())
        m_report.add(u"daemon_us_per_connection_minute"_s,
                     u"Daemon, processor time a connection at rest a minute"_s,
                     perThing(m_daemon.processorTime() - daemon, minutes), u"µs"_s);
    if (m_redis.isThere())
        m_report.add(u"redis_us_per_connection_minute"_s,
                     u"Redis, processor time a connection at rest a minute"_s,
                     perThing(m_redis.processorTime() - redis, minutes), u"µs"_s);
    if (!m_commands)
        return;
    const auto after = commands();
    m_report.add(u"scripts_per_connection_minute"_s,
                 u"Redis, scripts a connection at rest a minute"_s,
                 static_cast<double>(after.scripts - before.scripts) / minutes);
    m_report.add(u"commands_per_connection_minute"_s,
                 u"Redis, commands in all, those of scripts too"_s,
                 static_cast<double>(after.all - before.all) / minutes);
}

static QString roundName(const Deliveries::Plan &plan)
{
    return u"%1_by_%2"_s.arg(plan.receivers).arg(plan.inFlight);
}

void Bench::measureFanout()
{
    for (const int receivers : m_options.subscribers) {
        m_population->subscribe(receivers);
        for (const int inFlight : m_options.inFlight) {
            const Deliveries::Plan plan{m_options.fanout, receivers, inFlight};
            Deliveries deliveries(plan, [this](int message) { m_population->publish(message); });
            m_population->setDelivered([&](int message, qsizetype size) {
                m_frameSize = static_cast<int>(size) + kFrameHead;
                deliveries.delivered(message);
            });
            const auto before = m_daemon.processorTime();
            const bool isComplete = deliveries.run();
            m_population->setDelivered({});
            if (!isComplete)
                return m_faults.append(u"fan-out to %1 came to a halt"_s.arg(receivers));
            addRound(u"fanout"_s, deliveries, plan, m_daemon.processorTime() - before);
        }
    }
}

void Bench::addRound(const QString &name, Deliveries &deliveries, const Deliveries::Plan &plan,
                     std::chrono::nanoseconds cost)
{
    const QString key = name + u'_' + roundName(plan);
    const auto figures = deliveries.figures();
    const double count = static_cast<double>(plan.messages) * plan.receivers;
    const QString label
        = u"%1 to %2, %3 in flight: "_s.arg(name).arg(plan.receivers).arg(plan.inFlight);
    const auto add = [&](const char *suffix, const char *what, double value, const QString &unit) {
        m_report.add(key + QLatin1StringView(suffix), label + QLatin1StringView(what), value, unit);
    };
    add("_per_s", "deliveries (wall)", count / Seconds(figures.wall).count(), u"/s"_s);
    add("_median_ms", "latency, median", Microseconds(figures.median).count() / 1000, u"ms"_s);
    add("_p99_ms", "latency, 99 %", Microseconds(figures.worst1Percent).count() / 1000, u"ms"_s);
    if (cost.count() == 0)
        return;
    m_perDelivery[key] = perThing(cost, count);
    add("_us", "processor time a delivery", m_perDelivery[key], u"µs"_s);
}

void Bench::measureFloor()
{
    for (const int receivers : m_options.subscribers)
        measureFloorWith(receivers);
}

void Bench::measureFloorWith(int receivers)
{
    Floor floor(receivers, m_frameSize);
    if (!floor.isReady())
        return m_faults.append(u"the floor did not start"_s);
    const ObservedProcess server(floor.processId());
    for (const int inFlight : m_options.inFlight) {
        const Deliveries::Plan plan{m_options.fanout, receivers, inFlight};
        Deliveries deliveries(plan, [&floor](int) { floor.publish(); });
        const auto before = server.processorTime();
        if (!floor.run(deliveries))
            return m_faults.append(u"the floor came to a halt"_s);
        addRound(u"floor"_s, deliveries, plan, server.processorTime() - before);
        addRatio(plan);
    }
}

void Bench::addRatio(const Deliveries::Plan &plan)
{
    const QString round = roundName(plan);
    const double daemon = m_perDelivery.value(u"fanout_"_s + round);
    if (daemon == 0)
        return;
    m_report.add(
        u"ratio_"_s + round,
        u"daemon : floor, %1 receivers, %2 in flight"_s.arg(plan.receivers).arg(plan.inFlight),
        daemon / m_perDelivery.value(u"floor_"_s + round));
}

bool Bench::reportErrors() const
{
    if (!m_population)
        return true;
    const auto &errors = m_population->errors();
    for (auto it = errors.cbegin(); it != errors.cend(); ++it)
        std::fprintf(stderr, "%d x %s\n", it.value(), it.key().constData());
    return errors.isEmpty();
}

} // namespace presence::bench
