// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/observedprocess.h"

#include <QFile>

#include <unistd.h>

namespace presence::bench {

using namespace Qt::StringLiterals;

ObservedProcess::ObservedProcess(qint64 pid) : m_pid(pid)
{
    // To the nanosecond, where /proc/PID/stat counts in hundredths of a second.
    if (pid != 0 && ::clock_getcpuclockid(static_cast<pid_t>(pid), &m_clock) != 0) {
        qWarning("there is no process %lld", static_cast<long long>(pid));
        m_pid = 0;
    }
}

std::chrono::nanoseconds ObservedProcess::processorTime() const
{
    timespec time{};
    if (m_pid != 0)
        ::clock_gettime(m_clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

qint64 ObservedProcess::residentBytes() const
{
    QFile file(u"/proc/%1/statm"_s.arg(m_pid));
    if (m_pid == 0 || !file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArrayList pages = file.readAll().split(' ');
    return pages.value(1).toLongLong() * ::sysconf(_SC_PAGESIZE);
}

} // namespace presence::bench
