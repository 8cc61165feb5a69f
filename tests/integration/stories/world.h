// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/model.h"
#include "tests/integration/stories/node.h"
#include "tests/support/redisdeployment.h"

#include <QJsonDocument>
#include <QLocalSocket>
#include <QTcpSocket>

#include <array>

namespace presence::test {

/// A real Redis whose clock stands still but for setClock(), and nodes on it.
///
/// Every function that waits gives up after 5 s and says so with qFatal(): the world is not what
/// is tested.
class World
{
public:
    static constexpr int kNodes = 3;

    explicit World(std::chrono::seconds offlineGrace);
    Q_DISABLE_COPY_MOVE(World)

    Ms now() const { return m_now; }
    void setClock(Ms now);

    bool isUp(int node) const { return m_nodes.at(static_cast<size_t>(node)) != nullptr; }
    int firstUp() const;
    int upCount() const;
    Node &node(int node) const { return *m_nodes.at(static_cast<size_t>(node)); }
    void start(int node);
    void kill(int node); ///< as SIGKILL does: what it had to say to Redis is lost with it
    void drain(int node); ///< as SIGTERM does; comes back when it has ended
    void cut(int node); ///< its connections to Redis break; comes back before it knows of that
    /// SIGKILL; comes back when every node has found it again. Of a cluster, connections break
    /// only.
    void restartRedis();

    /// Waits until the node has said to Redis all that follows from what it has heard.
    void settle(int node);
    void settleAll();

    /// Waits until every node has refreshed all its devices since now. False when one does not.
    [[nodiscard]] bool refresh();

    struct Answer
    {
        int status = 0;
        QJsonDocument body;
    };
    /// REST, with a token of `caller`.
    Answer rest(int node, const QString &caller, const QByteArray &method, const QString &path,
                const QJsonObject &body = {});

    QByteArray metrics(int node); ///< as GET /metrics has them
    RedisDeployment &redis() { return m_redis; } ///< for somebody who is no node

    /// Has every server with data do `command`, if it can. Blocks: no node does anything meanwhile.
    void tell(const QByteArray &command);

private:
    struct Response
    {
        int status = 0;
        QByteArray body;
    };
    Response fetch(int node, const QString &caller, const QByteArray &method, const QString &path,
                   const QByteArray &body);
    app::Config configFor(int node) const;

    std::chrono::seconds m_offlineGrace;
    Ms m_now;
    RedisDeployment m_redis;
    std::array<QLocalSocket, 6> m_admins; ///< to each server with data
    std::array<std::unique_ptr<QTcpSocket>, kNodes> m_rest; ///< one request after the other
    std::array<std::unique_ptr<Node>, kNodes> m_nodes; ///< last: they go first
};

} // namespace presence::test
