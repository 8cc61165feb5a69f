// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/options.h"

#include "server/auth/jwt.h"

#include <QCommandLineParser>
#include <QHostInfo>
#include <QUrl>

#include <algorithm>

namespace presence::bench {

using namespace Qt::StringLiterals;

static void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Opens WebSockets to a presenced, and measures what they cost it."_s);
    parser.addHelpOption();
    parser.addOptions({
        {u"url"_s, u"The daemon, ws://host:port."_s, u"url"_s, u"ws://127.0.0.1:4001"_s},
        {u"secret"_s, u"HS256 secret of the daemon. Default: AUTH_JWT_SECRET."_s, u"secret"_s},
        {u"connections"_s, u"Devices to connect, each of a user of its own."_s, u"n"_s, u"1000"_s},
        {u"workspace-size"_s, u"Users in a workspace."_s, u"n"_s, u"100"_s},
        {u"rate"_s, u"Joins under way at a time."_s, u"n"_s, u"100"_s},
        {u"hold"_s, u"Seconds to measure connections that do nothing."_s, u"s"_s, u"0"_s},
        {u"fanout"_s, u"Status changes in a round of fan-out."_s, u"n"_s, u"0"_s},
        {u"publishers"_s, u"Users whose status changes, 1-32."_s, u"n"_s, u"10"_s},
        {u"subscribers"_s, u"Receivers of a round; a list makes several."_s, u"n,…"_s, u"1000"_s},
        {u"in-flight"_s, u"Changes under way at a time; a list as well."_s, u"n,…"_s, u"2,16"_s},
        {u"floor"_s, u"Runs the rounds against a bare epoll loop too."_s},
        {u"daemon-pid"_s, u"Process of the daemon, for processor time and memory."_s, u"pid"_s},
        {u"redis-pid"_s, u"Process of Redis, for processor time."_s, u"pid"_s},
        {u"redis-url"_s, u"Redis of the daemon, to count commands."_s, u"url"_s},
        {u"json"_s, u"Prints one JSON object instead of a table."_s},
    });
}

static QList<int> toList(const QString &text)
{
    QList<int> list;
    for (const QString &part : text.split(u','))
        list.append(part.toInt());
    return list;
}

static Options read(const QCommandLineParser &parser)
{
    const auto number
        = [&parser](const char *name) { return parser.value(QLatin1StringView(name)).toInt(); };
    Options options;
    options.secret = parser.isSet(u"secret"_s) ? parser.value(u"secret"_s).toUtf8()
                                               : qgetenv("AUTH_JWT_SECRET");
    options.daemonPid = number("daemon-pid");
    options.redisPid = number("redis-pid");
    options.redisUrl = parser.value(u"redis-url"_s);
    options.connections = number("connections");
    options.workspaceSize = number("workspace-size");
    options.rate = number("rate");
    options.hold = std::chrono::seconds(number("hold"));
    options.fanout = number("fanout");
    options.publishers = number("publishers");
    options.subscribers = toList(parser.value(u"subscribers"_s));
    options.inFlight = toList(parser.value(u"in-flight"_s));
    options.floor = parser.isSet(u"floor"_s);
    options.json = parser.isSet(u"json"_s);
    return options;
}

static Result<void> setUrl(Options &options, const QUrl &url)
{
    const auto addresses = QHostInfo::fromName(url.host()).addresses();
    const auto isIPv4 = [](const QHostAddress &address) {
        return address.protocol() == QAbstractSocket::IPv4Protocol;
    };
    const auto found = std::find_if(addresses.begin(), addresses.end(), isIPv4);
    if (url.scheme() != "ws"_L1 || url.port() <= 0 || found == addresses.end())
        return fail(ErrorCode::Invalid, u"--url must be ws://host:port with an IPv4 host"_s);
    options.host = *found;
    options.port = static_cast<quint16>(url.port());
    return {};
}

static Result<void> check(const Options &options)
{
    const auto isPositive = [](int value) { return value > 0; };
    const auto arePositive
        = [&](const QList<int> &list) { return std::all_of(list.begin(), list.end(), isPositive); };
    if (options.connections > 0 && options.secret.size() < auth::kMinSecret)
        return fail(ErrorCode::Invalid, u"--secret or AUTH_JWT_SECRET must have 32 bytes"_s);
    if (!arePositive({options.workspaceSize, options.rate, options.publishers})
        || !arePositive(options.subscribers) || !arePositive(options.inFlight))
        return fail(ErrorCode::Invalid, u"numbers of users and changes must be positive"_s);
    if (options.publishers > Options::kMaxPublishers)
        return fail(ErrorCode::Invalid, u"--publishers must be 32 at most"_s);
    const int needed
        = std::max(options.publishers,
                   *std::max_element(options.subscribers.begin(), options.subscribers.end()));
    if (options.fanout > 0 && options.connections > 0 && options.connections < needed)
        return fail(ErrorCode::Invalid, u"--connections must be enough for the fan-out"_s);
    return {};
}

Result<Options> Options::parse(const QStringList &arguments)
{
    QCommandLineParser parser;
    addOptions(parser);
    parser.process(arguments);
    Options options = read(parser);
    return setUrl(options, QUrl(parser.value(u"url"_s)))
        .and_then([&] { return check(options); })
        .map([&] { return options; });
}

} // namespace presence::bench
