// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/configvariable.h"

#include <QFile>
#include <QHostInfo>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QUrl>

namespace presence::app {

using namespace Qt::StringLiterals;

namespace {

Result<void> setBind(Config &config, const QString &text)
{
    if (!config.bind.setAddress(text))
        return wrong(u"must be an IPv4 or IPv6 address"_s);
    return {};
}

Result<void> setOrigins(Config &config, const QString &text)
{
    for (const QString &part : text.split(u',', Qt::SkipEmptyParts)) {
        const QString origin = part.trimmed().toLower();
        const QUrl url(origin, QUrl::StrictMode);
        const bool isWeb = url.scheme() == "http"_L1 || url.scheme() == "https"_L1;
        if (origin == "*"_L1)
            config.origins.isAny = true;
        else if (!isWeb || url.host().isEmpty() || !url.path().isEmpty() || url.hasQuery())
            return wrong(u"must be * or origins such as https://app.example.com"_s);
        else
            config.origins.listed.insert(origin.toUtf8());
    }
    return {};
}

Result<void> setCanaryInterval(Config &config, const QString &text)
{
    const auto value = toWhole(text, 0, 600'000);
    if (!value || (*value > 0 && *value < 500))
        return wrong(u"must be 0 or a whole number from 500 to 600000"_s);
    config.canaryInterval = std::chrono::milliseconds(*value);
    return {};
}

Result<void> setLogLevel(Config &config, const QString &text)
{
    static const QHash<QString, QtMsgType> levels{{u"debug"_s, QtDebugMsg},
                                                  {u"info"_s, QtInfoMsg},
                                                  {u"warning"_s, QtWarningMsg},
                                                  {u"error"_s, QtCriticalMsg}};
    if (!levels.contains(text))
        return wrong(u"must be debug, info, warning or error"_s);
    config.logLevel = levels[text];
    return {};
}

Result<void> setLogFormat(Config &config, const QString &text)
{
    if (text != "text"_L1 && text != "json"_L1)
        return wrong(u"must be text or json"_s);
    config.logFormat = text == "json"_L1 ? LogFormat::Json : LogFormat::Text;
    return {};
}

Result<void> setNodeName(Config &config, const QString &text)
{
    static const QRegularExpression form(u"^[A-Za-z0-9._:@-]{1,128}$"_s);
    if (!form.match(text).hasMatch())
        return wrong(u"must be 1-128 characters of [A-Za-z0-9._:@-]"_s);
    config.nodeName = text.toLatin1();
    return {};
}

/// An address and a port.
Result<void> setMetricsBind(Config &config, const QString &text)
{
    config.mustServeMetrics = true;
    if (text == "none"_L1) {
        config.metricsBind.clear();
        return {};
    }
    const qsizetype colon = text.lastIndexOf(u':');
    QString address = text.first(std::max<qsizetype>(0, colon));
    if (address.startsWith(u'[') && address.endsWith(u']'))
        address = address.mid(1, address.size() - 2);
    bool isNumber = false;
    config.metricsPort = text.sliced(colon + 1).toUShort(&isNumber);
    if (colon < 0 || !isNumber || !config.metricsBind.setAddress(address))
        return wrong(u"must be an address and a port, such as 127.0.0.1:9401, or none"_s);
    return {};
}

constexpr qint64 kDay = 24 * 3600; // s

QList<Variable> networkVariables()
{
    return {
        {"PRESENCE_BIND"_L1,
         {},
         u"address to listen on. Default: 0.0.0.0 with AUTH_JWT_SECRET, AUTH_JWKS_URL or AUTH_JWKS_FILE, else 127.0.0.1"_s,
         setBind},
        {"PRESENCE_PORT"_L1, u"4001"_s,
         u"port for REST and WebSocket, 0-65535; 0 for any free one"_s,
         whole(0, 65535, [](Config &c, qint64 v) { c.port = static_cast<quint16>(v); })},
        {"TLS_CERT"_L1,
         {},
         u"PEM file of the certificate of PRESENCE_PORT, with those that certify it: https and wss. Empty for no TLS; read again on SIGHUP"_s,
         text([](Config &c, const QString &v) { c.tlsCertificate = v; })},
        {"TLS_KEY"_L1,
         {},
         u"PEM file of its key, without a passphrase"_s,
         text([](Config &c, const QString &v) { c.tlsKey = v; })},
        {"PRESENCE_SHARDS"_L1, u"0"_s, u"threads that serve connections, 0-64; 0 for one a core"_s,
         whole(0, 64, [](Config &c, qint64 v) { c.shards = static_cast<int>(v); })},
        {"PRESENCE_PING_INTERVAL"_L1, u"25"_s,
         u"seconds between pings to a WebSocket, 6-300; a vanished client is noticed 5 s later"_s,
         whole(6, 300,
               [](Config &c, qint64 v) { c.transport.pingInterval = std::chrono::seconds(v); })},
        {"METRICS_BIND"_L1,
         {},
         u"address and port for /metrics and all of /health, without a token; none for none. Default: 127.0.0.1:9401, unless that is taken"_s,
         setMetricsBind},
        {"METRICS_PUBLIC"_L1, u"false"_s,
         u"whether /metrics of PRESENCE_PORT needs no token of scope admin, true or false"_s,
         flag([](Config &c, bool v) { c.showsMetrics = v; })},
        {"TRUSTED_PROXIES"_L1,
         {},
         u"addresses and networks of proxies, separated by commas, whose X-Forwarded-For says who the client is"_s,
         [](Config &c, const QString &v) -> Result<void> {
             const auto proxies = limits::TrustedProxies::parse(v);
             if (!proxies)
                 return Failure(proxies.error());
             c.limits.trustedProxies = *proxies;
             return {};
         }},
        {"NODE_NAME"_L1, u"presence@"_s + QHostInfo::localHostName(),
         u"name of this node, different for each"_s, setNodeName},
    };
}

QList<Variable> presenceVariables()
{
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    return {
        {"HEARTBEAT_INTERVAL"_L1, u"15000"_s,
         u"milliseconds between refreshes of a connected device, 250-3600000"_s,
         whole(250, 3'600'000,
               [](Config &c, qint64 v) { c.presence.heartbeatInterval = milliseconds(v); })},
        {"PRESENCE_TTL"_L1, u"60"_s,
         u"seconds after its last heartbeat that a device is live, 1-86400; at least two intervals"_s,
         whole(1, kDay, [](Config &c, qint64 v) { c.presence.presenceTtl = seconds(v); })},
        {"OFFLINE_GRACE"_L1, u"5"_s,
         u"seconds that a device may be away without anybody noticing, 0-3600; less than PRESENCE_TTL"_s,
         whole(0, 3600, [](Config &c, qint64 v) { c.presence.offlineGrace = seconds(v); })},
        {"TYPING_TTL"_L1, u"5"_s, u"seconds that a user types after typing_start, 1-3600"_s,
         whole(1, 3600, [](Config &c, qint64 v) { c.presence.typingTtl = seconds(v); })},
        {"SIGN_OFF_HOLD"_L1, u"60"_s,
         u"seconds that a device which was signed off is refused with a token without iat, 0-86400"_s,
         whole(0, kDay, [](Config &c, qint64 v) { c.presence.signOffHold = seconds(v); })},
        {"VIEW_TTL"_L1, u"300"_s,
         u"seconds after which a viewer that is not refreshed leaves, 1-86400; at least two intervals"_s,
         whole(1, kDay, [](Config &c, qint64 v) { c.presence.viewTtl = seconds(v); })},
        {"PRESENCE_DIFF_WINDOW"_L1, u"50"_s,
         u"milliseconds over which changes of a workspace, a channel or a user are merged, 0-5000"_s,
         whole(0, 5000, [](Config &c, qint64 v) { c.diffWindow = milliseconds(v); })},
    };
}

QList<Variable> archiveVariables()
{
    using std::chrono::seconds;
    return {
        {"MONGODB_URI"_L1,
         {},
         u"mongodb://[user:password@]host[:port][,…][/database][?replicaSet=…&tls=true…]: what users chose, when they were last seen and what happened to them is kept there. Without it nothing is. The database is presence unless it names one"_s,
         text([](Config &c, const QString &v) { c.archive.mongo.uri = v.toUtf8(); })},
        {"HISTORY"_L1, u"true"_s,
         u"whether sessions and status changes are kept in MongoDB, to be asked for, true or false"_s,
         flag([](Config &c, bool v) { c.archive.mongo.keepsHistory = v; })},
        {"HISTORY_TTL"_L1, u"2592000"_s, u"seconds that they are kept, 3600-315360000"_s,
         whole(3600, 10 * 365 * kDay,
               [](Config &c, qint64 v) { c.archive.mongo.historyTtl = seconds(v); })},
        {"STREAM_MAX_LENGTH"_L1, u"1000000"_s,
         u"changes that wait in Redis for MongoDB at most, in a cluster on each master, 1000-100000000; then the oldest are dropped"_s,
         whole(1000, 100'000'000,
               [](Config &c, qint64 v) {
                   c.archive.capacity = v;
                   c.presence.streamCapacity = v;
               })},
        {"STREAM_MAX_AGE"_L1, u"86400"_s,
         u"seconds that a change waits at most before it is dropped, and after which nothing is kept for nodes with MONGODB_URI that are all gone, 60-604800"_s,
         whole(60, 7 * kDay, [](Config &c, qint64 v) { c.archive.maxAge = seconds(v); })},
    };
}

QList<Variable> otherVariables()
{
    return {
        {"AUTH_ORIGINS"_L1,
         {},
         u"origins of pages that may connect and call, separated by commas; * for any. Empty: with "
         u"a "
         "secret those of the same host may connect, else any"_s,
         setOrigins},
        {"DRAIN_DELAY"_L1, u"1000"_s,
         u"milliseconds after the signal to stop that it still lets clients in, while GET /health/ready says that it is not ready: for balancers to notice, 0-60000"_s,
         whole(0, 60'000,
               [](Config &c, qint64 v) { c.drainDelay = std::chrono::milliseconds(v); })},
        {"CANARY_INTERVAL"_L1, u"5000"_s,
         u"milliseconds between changes of two users of the node's own, by which it measures what clients get, 0-600000; 0 for none, else at least 500"_s,
         setCanaryInterval},
        {"LOG_LEVEL"_L1, u"info"_s, u"debug, info, warning or error"_s, setLogLevel},
        {"LOG_FORMAT"_L1, u"text"_s, u"text or json"_s, setLogFormat},
    };
}

/// Those of limits::limitTable() that can be set.
QList<Variable> limitVariables()
{
    QList<Variable> variables;
    for (const limits::LimitRow &row : limits::limitTable()) {
        if (!row.set)
            continue;
        variables.append(
            {row.variable, row.value(limits::Limits()),
             u"of each %1: %2. More: %3"_s.arg(row.whom, row.what, row.answer),
             [set = row.set](Config &c, const QString &v) { return set(c.limits, v); }});
    }
    return variables;
}

/// Who can read the process' environment, or what starts it, is not to read these.
bool isSecret(const QString &variable)
{
    static const QSet<QString> secrets{u"AUTH_JWT_SECRET"_s, u"REDIS_PASSWORD"_s,
                                       u"REDIS_SENTINEL_PASSWORD"_s, u"REDIS_URL"_s,
                                       u"MONGODB_URI"_s};
    return secrets.contains(variable);
}

/// Whether SIGHUP is enough.
bool isReloaded(const QString &variable)
{
    static const QSet<QString> others{
        u"AUTH_ORIGINS"_s, u"TRUSTED_PROXIES"_s, u"LOG_LEVEL"_s,
        u"LOG_FORMAT"_s,   u"REDIS_USERNAME"_s,  u"REDIS_SENTINEL_USERNAME"_s,
    };
    const bool isFile = variable.endsWith("_FILE"_L1);
    const QString name = isFile ? variable.chopped(5) : variable;
    return others.contains(variable) || variable.startsWith("LIMIT_"_L1)
        || (isSecret(name) && name != "MONGODB_URI"_L1);
}

/// The same variable, given by a file.
Variable inFile(const Variable &variable)
{
    const auto set = [set = variable.set](Config &config, const QString &path) -> Result<void> {
        constexpr qint64 kMost = 64 * 1024;
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return wrong(u"cannot be read: %1"_s.arg(file.errorString()));
        const QString value = QString::fromUtf8(file.read(kMost)).trimmed();
        if (value.isEmpty())
            return wrong(u"is empty"_s);
        return set(config, value);
    };
    const bool isRotated = isReloaded(variable.name);
    return {variable.name + u"_FILE"_s,
            {},
            u"file that holds %1, which is not set then%2"_s.arg(
                variable.name, isRotated ? u"; read again on SIGHUP"_s : QString()),
            set};
}

QList<Variable> table()
{
    QList<Variable> all;
    for (const Variable &variable : networkVariables() + redisVariables() + presenceVariables()
             + archiveVariables() + limitVariables() + authVariables() + otherVariables()) {
        all.append(variable);
        if (isSecret(variable.name))
            all.append(inFile(variable));
    }
    return all;
}

/// What holds between two variables.
Result<void> checkTogether(const Config &config)
{
    const auto &presence = config.presence;
    if (presence.presenceTtl < 2 * presence.heartbeatInterval)
        return wrong(u"PRESENCE_TTL must be at least twice HEARTBEAT_INTERVAL"_s);
    if (presence.viewTtl < 2 * presence.heartbeatInterval)
        return wrong(u"VIEW_TTL must be at least twice HEARTBEAT_INTERVAL"_s);
    if (config.tlsCertificate.isEmpty() != config.tlsKey.isEmpty())
        return wrong(u"TLS_CERT and TLS_KEY are needed both, or neither"_s);
    if (presence.offlineGrace >= presence.presenceTtl)
        return wrong(u"OFFLINE_GRACE must be less than PRESENCE_TTL"_s);
    if (!config.hasAuth() && !config.bind.isNull() && !config.bind.isLoopback())
        return wrong(
            u"PRESENCE_BIND=%1 is open to others: set AUTH_JWT_SECRET or AUTH_JWKS_URL first"_s.arg(
                config.bind.toString()));
    return {};
}

} // namespace

Result<Settings> Config::readSettings(const QProcessEnvironment &environment, const QString &path)
{
    QStringList names;
    for (const Variable &variable : table())
        names.append(variable.name);
    return Settings::read(environment, path, names);
}

Result<Config> Config::from(const QProcessEnvironment &environment, const QString &path)
{
    const auto read = readSettings(environment, path);
    if (!read)
        return Failure(read.error());
    auto config = from(*read);
    if (config)
        config->file = path;
    return config;
}

Result<Config> Config::from(const Settings &settings)
{
    Config config;
    config.settings = settings;
    for (const Variable &variable : table()) {
        // An empty one is as one that is not there, which is how Compose files leave it.
        QString given = settings.value(variable.name);
        // A secret that is empty was to be one. And what goes before it may be its file, or the
        // secret.
        const bool isFile
            = variable.name.endsWith("_FILE"_L1) && isSecret(variable.name.chopped(5));
        if (isFile || isSecret(variable.name)) {
            if (settings.isEmptied(variable.name))
                return fail(ErrorCode::Invalid,
                            u"%1 is empty: leave it out where there is none"_s.arg(variable.name));
            const QString other = isFile ? variable.name.chopped(5) : variable.name + u"_FILE"_s;
            if (!given.isEmpty() && settings.source(other) == settings.source(variable.name))
                return fail(
                    ErrorCode::Invalid,
                    u"%1 and %2 are both set: it is one or the other"_s.arg(other, variable.name));
            if (settings.source(other) > settings.source(variable.name))
                continue;
        }
        if (given.isEmpty())
            given = variable.defaultValue;
        if (given.isEmpty())
            continue;
        if (const auto done = variable.set(config, given); !done) {
            // Somebody may write the secret where its file is to be named.
            const bool isPath = given.startsWith(u'/') && !given.contains(u'@');
            const bool isHidden = isSecret(variable.name) || variable.name.endsWith("_URL"_L1)
                || (variable.name.endsWith("_FILE"_L1) && isSecret(variable.name.chopped(5))
                    && !isPath)
                || (variable.name.startsWith("REDIS_"_L1) && given.contains(u'@'));
            return fail(
                ErrorCode::Invalid,
                u"%1=%2: %3"_s.arg(variable.name, isHidden ? u"…"_s : given, done.error().detail));
        }
    }
    if (config.bind.isNull())
        config.bind = config.hasAuth() ? QHostAddress::AnyIPv4 : QHostAddress::LocalHost;
    if (!config.hasAuth() && config.origins.listed.isEmpty())
        config.origins.isAny = true;
    if (config.stateDirectory.isEmpty())
        config.stateDirectory
            = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation)
            + u"/presenced"_s;
    if (const auto fits = checkTogether(config); !fits)
        return Failure(fits.error());
    if (const auto fits = finishRedis(config); !fits)
        return Failure(fits.error());
    return config;
}

QStringList Config::needRestart(const Config &next) const
{
    QStringList names;
    for (const Variable &variable : table()) {
        if (!isReloaded(variable.name)
            && settings.value(variable.name) != next.settings.value(variable.name))
            names.append(variable.name);
    }
    if (!isSameServer(next))
        names.append(u"REDIS_URL"_s);
    if (archive.mongo.uri != next.archive.mongo.uri && !names.contains(u"MONGODB_URI"_s))
        names.append(u"MONGODB_URI"_s);
    return names;
}

bool Config::isSameServer(const Config &other) const
{
    const redis::Endpoint &a = redis.server;
    const redis::Endpoint &b = other.redis.server;
    return a.host == b.host && a.port == b.port && a.socketPath == b.socketPath
        && a.database == b.database && a.tls.has_value() == b.tls.has_value();
}

QList<Config::VariableHelp> Config::variables()
{
    QList<VariableHelp> help;
    for (const Variable &variable : table())
        help.append(
            {variable.name, variable.defaultValue, variable.meaning, isSecret(variable.name)});
    return help;
}

} // namespace presence::app
