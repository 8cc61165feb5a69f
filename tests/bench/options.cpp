// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/options.h"

#include "server/auth/jwt.h"

#include <QCommandLineParser>
#include <QHostAddress>
#include <QUrl>

#include <algorithm>

namespace presence::bench {

using namespace Qt::StringLiterals;

static void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Measures one row of the table in README.md, once. run.sh does it all."_s);
    parser.addPositionalArgument(u"row"_s, u"What to measure, as join1 or fanout."_s);
    parser.addHelpOption();
    parser.addOptions({
        {u"url"_s, u"A daemon, ws://address:port; the first is measured."_s, u"url"_s},
        {u"daemon-pid"_s, u"Process of the first."_s, u"pid"_s},
        {u"redis-pid"_s, u"Process of its Redis."_s, u"pid"_s},
        {u"redis-alone"_s, u"What its Redis spends with nobody connected (µs a second)."_s, u"n"_s},
        {u"redis-url"_s, u"Redis of the daemons, to count commands."_s, u"url"_s},
        {u"peer"_s, u"A peer instead, ws://address:port/path."_s, u"url"_s},
        {u"connections"_s, u"Another number of connections than the row has."_s, u"n"_s},
        {u"first-user"_s, u"Number of the first user."_s, u"n"_s},
        {u"together"_s, u"Users of all processes that load at the same time."_s, u"n"_s},
        {u"floor-core"_s, u"Processor for the floor to run on."_s, u"n"_s, u"-1"_s},
        {u"quick"_s, u"Smaller numbers, to see that it works."_s},
    });
}

static Options read(const QCommandLineParser &parser)
{
    const auto number
        = [&parser](const char *name) { return parser.value(QLatin1StringView(name)).toInt(); };
    Options options;
    options.row = parser.positionalArguments().value(0);
    options.secret = qgetenv("AUTH_JWT_SECRET");
    options.daemonPid = number("daemon-pid");
    options.redisPid = number("redis-pid");
    options.redisAlone = number("redis-alone");
    options.redisUrl = parser.value(u"redis-url"_s);
    options.peer = parser.value(u"peer"_s);
    options.connections = number("connections");
    options.firstUser = number("first-user");
    options.together = number("together");
    options.floorCore = number("floor-core");
    options.isQuick = parser.isSet(u"quick"_s);
    return options;
}

Result<sockaddr_in> parseAddress(const QString &text)
{
    const QUrl url(text);
    const QHostAddress host(url.host());
    if (url.scheme() != "ws"_L1 || url.port() <= 0 || host.protocol() != QHostAddress::IPv4Protocol)
        return fail(ErrorCode::Invalid, u"not ws://address:port with an IPv4 address: "_s + text);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<quint16>(url.port()));
    address.sin_addr.s_addr = htonl(host.toIPv4Address());
    return address;
}

Result<Options> Options::parse(const QStringList &arguments)
{
    QCommandLineParser parser;
    addOptions(parser);
    parser.process(arguments);
    Options options = read(parser);
    for (const QString &url : parser.values(u"url"_s)) {
        const auto address = parseAddress(url);
        if (!address)
            return tl::unexpected(address.error());
        options.daemons.append(*address);
    }
    if (options.daemons.isEmpty() && options.peer.isEmpty())
        return fail(ErrorCode::Invalid, u"--url or --peer is needed"_s);
    if (options.secret.size() < auth::kMinSecret)
        return fail(ErrorCode::Invalid, u"AUTH_JWT_SECRET must have 32 bytes"_s);
    return options;
}

int Options::scaled(int number) const
{
    static constexpr int kQuick = 25;
    return isQuick ? std::max(number / kQuick, 1) : number;
}

std::chrono::milliseconds Options::scaled(std::chrono::milliseconds time) const
{
    static constexpr int kQuick = 20;
    return isQuick ? time / kQuick : time;
}

} // namespace presence::bench
