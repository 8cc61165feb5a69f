// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/commandcount.h"

#include <QEventLoop>

namespace presence::bench {

CommandCount::CommandCount(const QString &url) : m_url(url) { }

/// From lines such as cmdstat_evalsha:calls=12,usec=…
static CommandCount::Counts countsIn(const QByteArray &info)
{
    CommandCount::Counts counts;
    for (const QByteArray &line : info.split('\n')) {
        static constexpr QByteArrayView kCalls(":calls=");
        const qsizetype at = line.indexOf(kCalls);
        if (at < 0)
            continue;
        const qsizetype from = at + kCalls.size();
        const qint64 calls = line.mid(from, line.indexOf(',', from) - from).toLongLong();
        counts.all += calls;
        if (line.startsWith("cmdstat_eval") || line.startsWith("cmdstat_fcall"))
            counts.scripts += calls;
    }
    return counts;
}

CommandCount::Counts CommandCount::read()
{
    const auto endpoint = redis::Endpoint::parse(m_url);
    if (!endpoint)
        return {};
    if (!m_client)
        m_client.emplace(*endpoint);
    QEventLoop loop;
    Counts counts;
    m_client->command("info", {"INFO", "commandstats"}, [&](const Result<redis::Reply> &reply) {
        if (reply)
            counts = countsIn(reply->bytes());
        loop.quit();
    });
    loop.exec();
    return counts;
}

} // namespace presence::bench
