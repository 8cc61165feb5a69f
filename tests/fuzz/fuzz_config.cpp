// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/config.h"
#include "tests/fuzz/pieces.h"

using namespace presence;
using namespace Qt::StringLiterals;

/// An environment of the lines NAME=value.
static QProcessEnvironment environmentOf(QByteArrayView lines)
{
    QProcessEnvironment environment;
    for (const QByteArray &line : lines.toByteArray().split('\n')) {
        const qsizetype end = line.indexOf('=');
        const QString name = QString::fromUtf8(line.first(std::max<qsizetype>(end, 0)));
        // Files: what is in those of this machine does not depend on the input.
        if (!name.isEmpty() && !name.startsWith("REDIS_SSL_"_L1))
            environment.insert(name, QString::fromUtf8(line.sliced(end + 1)));
    }
    return environment;
}

extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    const auto config = app::Config::from(environmentOf({data, qsizetype(size)}));
    if (!config) {
        fuzz::require(!config.error().detail.isEmpty());
        return 0;
    }
    fuzz::require(config->shards >= 0 && config->shards <= 64 && !config->nodeName.isEmpty());
    fuzz::require(config->jwt.secret.isEmpty() ? config->bind.isLoopback()
                                               : config->jwt.secret.size() >= auth::kMinSecret);
    fuzz::require(config->presence.presenceTtl >= 2 * config->presence.heartbeatInterval);
    fuzz::require(config->redis.server.port != 0 && config->redis.server.database >= 0);
    if (config->redis.kind != redis::Deployment::Kind::Single)
        fuzz::require(!config->redis.nodes.empty());
    return 0;
}
