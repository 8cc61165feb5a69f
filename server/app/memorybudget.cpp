// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/memorybudget.h"

#include <QFile>

#include <unistd.h>

namespace presence::app {

using namespace Qt::StringLiterals;

/// Of control groups, version 2 and 1; 0 for none.
static qint64 groupLimit()
{
    for (const auto &path :
         {u"/sys/fs/cgroup/memory.max"_s, u"/sys/fs/cgroup/memory/memory.limit_in_bytes"_s}) {
        QFile file(path);
        if (file.open(QIODevice::ReadOnly))
            return file.readAll().trimmed().toLongLong(); // "max" is none
    }
    return 0;
}

qint64 defaultMemoryBudget()
{
    const qint64 machine = qint64(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    const qint64 group = groupLimit();
    const qint64 least = group > 0 && group < machine ? group : machine;
    return least > 0 ? least / 5 * 4 : 0;
}

} // namespace presence::app
