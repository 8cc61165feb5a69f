// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/replies.h"

namespace presence::redis {

using namespace std::chrono;

std::optional<sys_time<microseconds>> readTime(const Reply &reply)
{
    const auto &parts = reply.elements();
    if (parts.size() != 2 || !parts[0].toInteger() || !parts[1].toInteger())
        return std::nullopt;
    return sys_time<microseconds>(seconds(*parts[0].toInteger())
                                  + microseconds(*parts[1].toInteger()));
}

std::optional<ScanPart> readScan(const Reply &reply)
{
    const auto &parts = reply.elements();
    if (parts.size() != 2 || !parts[1].isArray())
        return std::nullopt;
    const QByteArray &cursor = parts[0].bytes();
    return ScanPart{cursor == "0" ? QByteArray() : cursor, Pairs(parts[1])};
}

} // namespace presence::redis
