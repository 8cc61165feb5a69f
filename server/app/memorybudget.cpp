// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/memorybudget.h"

#include <QFile>

#include <malloc.h>
#include <unistd.h>

/// Of jemalloc, where it is linked: presenced without a sanitizer.
extern "C" [[gnu::weak]] int mallctl(const char *name, void *old, size_t *oldSize, void *value,
                                     size_t size);

namespace presence::app {

using namespace Qt::StringLiterals;

static qint64 numberIn(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toLongLong()
                                          : 0; // "max" is none
}

/// Of the process' own control group and of that of its container, version 2 and 1; 0 for none.
static qint64 groupLimit()
{
    qint64 least = 0;
    const auto note = [&least](qint64 limit) {
        if (limit > 0 && (least == 0 || limit < least))
            least = limit;
    };
    QFile groups(u"/proc/self/cgroup"_s); // 0::/system.slice/presenced.service
    const QByteArray lines = groups.open(QIODevice::ReadOnly) ? groups.readAll() : QByteArray();
    for (const QByteArray &line : lines.split('\n')) {
        if (line.startsWith("0::/"))
            note(numberIn(u"/sys/fs/cgroup%1/memory.max"_s.arg(QString::fromUtf8(line.sliced(3)))));
    }
    note(numberIn(u"/sys/fs/cgroup/memory.max"_s));
    note(numberIn(u"/sys/fs/cgroup/memory/memory.limit_in_bytes"_s));
    return least;
}

qint64 defaultMemoryBudget()
{
    const qint64 machine = qint64(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    const qint64 group = groupLimit();
    const qint64 least = group > 0 && group < machine ? group : machine;
    return least > 0 ? least / 5 * 4 : 0;
}

void releaseFreeMemory()
{
    constexpr char kAllArenas[] = "arena.4096.purge"; // MALLCTL_ARENAS_ALL
    if (mallctl)
        mallctl(kAllArenas, nullptr, nullptr, nullptr, 0);
    else
        malloc_trim(0);
}

} // namespace presence::app
