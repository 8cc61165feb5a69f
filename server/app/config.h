// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/settings.h"
#include "server/archive/archive.h"
#include "server/auth/jwt.h"
#include "server/auth/keysource.h"
#include "server/limits/limits.h"
#include "server/presence/presenceconfig.h"
#include "server/redis/deployment.h"
#include "server/transport/http/origins.h"
#include "server/transport/transportconfig.h"

#include <QHostAddress>

namespace presence::app {

enum class LogFormat : quint8 { Text, Json };

/// Everything an operator can set. Defaults are those of Config::variables().
struct Config
{
    QHostAddress bind; ///< null: loopback without a secret, every address with one
    quint16 port = 4001; ///< 0: any free one
    int descriptors = 20'000; ///< that the process may have open; not a variable
    int shards = 0; ///< threads that serve connections; 0: one a core
    QByteArray nodeName;

    bool hasRedis = false; ///< false: supervise a private one
    redis::Deployment redis;
    struct RedisTls
    {
        bool isWanted = false;
        std::optional<bool> isWantedForSentinels; ///< as isWanted when it is not said
        // Paths of PEM files; empty for none.
        QString authorities;
        QString certificate;
        QString key;
    };
    RedisTls redisTls; ///< what redis has its TLS from
    int redisPoolSize = 0; ///< connections, over all shards; 0: one a shard
    QString stateDirectory; ///< of the private Redis

    archive::ArchiveConfig archive; ///< without a URI: there is none

    rules::PresenceConfig presence;
    std::chrono::milliseconds diffWindow{50};
    transport::TransportConfig transport;
    limits::Limits limits;
    QHostAddress metricsBind{QHostAddress::LocalHost}; ///< null: metrics have no address
    quint16 metricsPort = 9401;
    // Paths of PEM files for the public port; empty: it is not encrypted.
    QString tlsCertificate;
    QString tlsKey;
    bool mustServeMetrics = false; ///< it was said where; else the port may be taken
    bool showsMetrics = false; ///< on the public port, without a token
    /// That it still serves, and lets in, once it says that it is not ready any more.
    std::chrono::milliseconds drainDelay{1000};
    std::chrono::milliseconds canaryInterval{5000}; ///< as canary::Canary; 0: there is none

    auth::JwtConfig jwt;
    bool isSecretMade = false; ///< for this run
    auth::KeySourceConfig keySource;
    /// Whether somebody said whose tokens are good; else a secret is made.
    bool hasAuth() const
    {
        return !jwt.secret.isEmpty() || !keySource.url.isEmpty() || !keySource.file.isEmpty();
    }
    transport::Origins origins;

    QtMsgType logLevel = QtInfoMsg;
    LogFormat logFormat = LogFormat::Text;
    QString file; ///< that it was read from, besides the environment; empty for none

    Settings settings; ///< that it was made of

    /// The configuration that `settings` give, or an Error that names variable, value and what is
    /// allowed.
    static Result<Config> from(const Settings &settings);

    /// The same, of the process' environment and a file, if `path` is not empty.
    static Result<Config> from(const QProcessEnvironment &environment, const QString &path = {});
    static Result<Settings> readSettings(const QProcessEnvironment &environment,
                                         const QString &path);

    /// Variables that are other ones in `next`, and count from the next start only.
    QStringList needRestart(const Config &next) const;
    /// Of Redis, whoever logs in there.
    bool isSameServer(const Config &other) const;

    struct VariableHelp
    {
        QString name;
        QString defaultValue;
        QString meaning; ///< with the unit and what is allowed
        bool isSecret = false; ///< not to be shown
    };
    /// The one table of all variables: for --help, and for the README.
    static QList<VariableHelp> variables();
};

} // namespace presence::app
