// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/bench.h"

#include <QEventLoop>
#include <QTimer>

#include <cstdio>

namespace presence::bench {

using namespace std::chrono_literals;

Bench::Bench(const Options &options)
    : m_options(options), m_daemon(options.daemonPid), m_redis(options.redisPid),
      m_commands(options.redisUrl)
{
}

void Bench::figure(const QString &row, const QString &column, double value) const
{
    std::printf("%s\t%s\t%.4f\n", qUtf8Printable(row), qUtf8Printable(column), value);
    std::fflush(stdout);
}

void Bench::reportFaults() const
{
    for (auto it = m_faults.cbegin(); it != m_faults.cend(); ++it)
        std::fprintf(stderr, "%s: %d x %s\n", qUtf8Printable(m_options.row), it.value(),
                     it.key().constData());
}

void Bench::wait(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

bool Bench::waitUntil(const std::function<bool()> &isSo, std::chrono::milliseconds patience)
{
    static constexpr auto kLook = 50ms;
    for (auto spent = 0ms; !isSo(); spent += kLook) {
        if (spent >= patience)
            return false;
        wait(kLook);
    }
    return true;
}

Cost::Cost(const Bench &bench)
    : m_bench(bench), m_daemon(bench.daemon().processorTime()),
      m_redis(bench.redis().processorTime())
{
}

static double microseconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::micro>(time).count();
}

double Cost::daemon(double units) const
{
    return microseconds(m_bench.daemon().processorTime() - m_daemon) / units;
}

double Cost::redis(double units) const
{
    return microseconds(m_bench.redis().processorTime() - m_redis) / units;
}

} // namespace presence::bench
