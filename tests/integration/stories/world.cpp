// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/world.h"

#include "server/redis/cluster/slotmap.h"
#include "tests/integration/stories/loop.h"
#include "tests/support/token.h"
#include "tests/support/unlimited.h"

#include <QJsonArray>
#include <QNetworkProxy>

#include <algorithm>

namespace presence::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Follow-ups of a change are a chain of so many steps at most.
static constexpr int kLongestChain = 5;

static QByteArray redisUser(int node)
{
    return "node" + QByteArray::number(node);
}

static RedisServer::Options redisOptions()
{
    RedisServer::Options options{.appendOnly = true, .stoppedClock = true};
    for (int node = 0; node < World::kNodes; ++node)
        options.users << u"%1 on >secret ~* &* +@all"_s.arg(QString::fromLatin1(redisUser(node)));
    return options;
}

World::World(std::chrono::seconds offlineGrace)
    : m_offlineGrace(offlineGrace), m_now(1'800'000'000'000), m_redis(redisOptions())
{
    if (!m_redis.start())
        qFatal("redis-server does not start");
    setClock(m_now);
    for (int node = 0; node < kNodes; ++node)
        start(node);
}

void World::setClock(Ms now)
{
    m_now = now;
    m_redis.setClock(
        std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(now)));
}

int World::firstUp() const
{
    int node = 0;
    while (!isUp(node))
        ++node;
    return node;
}

int World::upCount() const
{
    return static_cast<int>(
        std::ranges::count_if(m_nodes, [](const auto &node) { return !!node; }));
}

app::Config World::configFor(int node) const
{
    app::Config config;
    config.nodeName = redisUser(node);
    config.redis = m_redis.deployment();
    config.redis.server.username = redisUser(node);
    config.redis.server.password = "secret";
    config.jwt.secret = kSecret;
    config.diffWindow = 0ms;
    // What is open is refreshed soon after each step of the clock.
    config.presence.heartbeatInterval = 10ms;
    config.presence.sweepInterval = 5ms;
    config.presence.offlineGrace = m_offlineGrace;
    config.presence.signOffHold = 0s; // tokens of stories do not say when they were issued
    config.transport.drainSpread = 20ms;
    config.limits = unlimited();
    config.metricsBind.clear();
    config.showsMetrics = true;
    return config;
}

void World::start(int node)
{
    m_nodes.at(static_cast<size_t>(node)) = std::make_unique<Node>(configFor(node));
    settle(node);
}

void World::kill(int node)
{
    tell("CLIENT KILL USER " + redisUser(node));
    m_nodes.at(static_cast<size_t>(node)).reset();
    m_rest.at(static_cast<size_t>(node)).reset();
    // If it swept: how its lease runs out is not what stories are about.
    tell("DEL presence:sweeper:lease");
}

void World::drain(int node)
{
    bool isOver = false;
    this->node(node).drain([&isOver] { isOver = true; });
    if (!until([&isOver] { return isOver; }))
        qFatal("a node does not end");
    kill(node);
}

void World::cut(int node)
{
    tell("CLIENT KILL USER " + redisUser(node));
}

void World::restartRedis()
{
    for (QLocalSocket &admin : m_admins)
        admin.abort();
    // The nodes of a cluster find each other again by a clock that goes on, which this one does
    // not.
    if (m_redis.kind() == RedisDeployment::Kind::Cluster) {
        for (int node = 0; node < kNodes; ++node)
            cut(node);
    } else if (!m_redis.restart()) {
        qFatal("redis-server does not start again");
    }
    settleAll();
}

void World::settleAll()
{
    for (int node = 0; node < kNodes; ++node) {
        if (isUp(node))
            settle(node);
    }
}

/// Users who are never there, one in each third of the slots: with each master of a cluster.
static QJsonArray nobodies(const redis::KeySpace &keys)
{
    constexpr int kMasters = 3;
    std::array<QString, kMasters> names;
    for (int i = 0; std::ranges::any_of(names, &QString::isEmpty); ++i) {
        const QString name = u"nobody%1"_s.arg(i);
        const int slot = redis::slotOf(keys.user(UserId(name.toUtf8())).hash);
        names.at(static_cast<size_t>(slot * kMasters / redis::kSlots)) = name;
    }
    return {names[0], names[1], names[2]};
}

void World::settle(int node)
{
    const QJsonObject everywhere{{u"user_ids"_s, nobodies(m_redis.keys())}};
    for (int step = 0; step < kLongestChain; ++step) {
        // Over the same connections to Redis as all the rest, so after it.
        const auto answers = [&] {
            return rest(node, u"nobody"_s, "POST", u"/api/presence/bulk"_s, everywhere).status
                == 200;
        };
        if (!until(answers))
            qFatal("a node does not answer");
    }
}

bool World::refresh()
{
    std::array<double, kNodes> before{};
    for (size_t i = 0; i < m_nodes.size(); ++i)
        before[i] = m_nodes[i] ? m_nodes[i]->heartbeats() : 0;
    const auto isRefreshed = [this, &before] {
        for (size_t i = 0; i < m_nodes.size(); ++i) {
            // One round may be half done; joins count too, few.
            if (m_nodes[i]
                && m_nodes[i]->heartbeats() - before[i]
                    < 3.0 * static_cast<double>(m_nodes[i]->openWebSockets()))
                return false;
        }
        return true;
    };
    return until(isRefreshed);
}

static QByteArray toRequest(const QString &caller, const QByteArray &method, const QString &path,
                            const QByteArray &body)
{
    return method + ' ' + path.toUtf8() + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        + tokenFor(caller) + "\r\nContent-Type: application/json\r\nContent-Length: "
        + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

/// Where the body of the first response in `bytes` begins and ends; nothing when it is not whole.
static std::optional<std::pair<qsizetype, qsizetype>> bodyOf(const QByteArray &bytes)
{
    const qsizetype head = bytes.indexOf("\r\n\r\n");
    if (head < 0)
        return std::nullopt;
    const QByteArray fields = bytes.left(head).toLower();
    const qsizetype length = fields.indexOf("content-length:");
    const qsizetype size
        = length < 0 ? 0 : fields.sliced(length + 15).split('\r').first().trimmed().toLongLong();
    const qsizetype begin = head + 4;
    return bytes.size() < begin + size ? std::nullopt : std::optional(std::pair(begin, size));
}

/// Not by QNetworkAccessManager: its thread costs more than all the rest.
World::Response World::fetch(int node, const QString &caller, const QByteArray &method,
                             const QString &path, const QByteArray &body)
{
    auto &socket = m_rest.at(static_cast<size_t>(node));
    if (!socket || socket->state() == QAbstractSocket::UnconnectedState) {
        socket = std::make_unique<QTcpSocket>();
        socket->setProxy(QNetworkProxy::NoProxy);
        socket->connectToHost(QHostAddress(QHostAddress::LocalHost), this->node(node).port());
        if (!until([&] { return socket->state() == QAbstractSocket::ConnectedState; }))
            qFatal("a node does not listen");
    }
    socket->write(toRequest(caller, method, path, body));
    QByteArray bytes;
    const auto isWhole = [&] {
        bytes += socket->readAll();
        return bodyOf(bytes).has_value();
    };
    if (!until(isWhole))
        qFatal("no answer to %s %s", method.constData(), qPrintable(path));
    const auto [begin, size] = *bodyOf(bytes);
    return {bytes.split(' ').at(1).toInt(), bytes.mid(begin, size)};
}

World::Answer World::rest(int node, const QString &caller, const QByteArray &method,
                          const QString &path, const QJsonObject &body)
{
    const QByteArray bytes
        = body.isEmpty() ? QByteArray() : QJsonDocument(body).toJson(QJsonDocument::Compact);
    const Response response = fetch(node, caller, method, path, bytes);
    return {response.status, QJsonDocument::fromJson(response.body)};
}

QByteArray World::metrics(int node)
{
    return fetch(node, u"nobody"_s, "GET", u"/metrics"_s, {}).body;
}

void World::tell(const QByteArray &command)
{
    constexpr int kPatience = 5000; // ms
    for (size_t i = 0; i < m_redis.size(); ++i) {
        QLocalSocket &admin = m_admins.at(i);
        if (admin.state() != QLocalSocket::ConnectedState)
            admin.connectToServer(m_redis.server(i).socketPath());
        admin.write(command + "\r\n");
        // All answers that may come are a line; a replica, or who has another slot, says no.
        while (!admin.canReadLine()) {
            if (!admin.waitForReadyRead(kPatience))
                qFatal("Redis does not answer");
        }
        admin.readLine();
    }
}

} // namespace presence::test
