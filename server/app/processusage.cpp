// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/processusage.h"

#include <QDirIterator>
#include <QFile>

#include <sys/resource.h>
#include <unistd.h>

namespace presence::app {

static std::chrono::microseconds toMicroseconds(const timeval &time)
{
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

ProcessUsage processUsage(Descriptors descriptors)
{
    ProcessUsage usage;
    rusage times{};
    if (getrusage(RUSAGE_SELF, &times) == 0)
        usage.processor = toMicroseconds(times.ru_utime) + toMicroseconds(times.ru_stime);
    // In pages: all of it, what is resident, …
    QFile file(QStringLiteral("/proc/self/statm"));
    if (file.open(QIODevice::ReadOnly))
        usage.memory = file.readAll().split(' ').value(1).toLongLong() * sysconf(_SC_PAGESIZE);
    rlimit limit{};
    if (descriptors == Descriptors::Count && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        usage.mostDescriptors = static_cast<qint64>(limit.rlim_cur);
        // The one that the directory is read by is among them.
        for (QDirIterator open(QStringLiteral("/proc/self/fd"),
                               QDir::Files | QDir::System | QDir::NoDotAndDotDot);
             open.hasNext(); open.next())
            ++usage.descriptors;
    }
    return usage;
}

} // namespace presence::app
