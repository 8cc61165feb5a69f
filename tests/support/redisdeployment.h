// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/deployment.h"
#include "server/redis/keyspace.h"
#include "tests/support/redisserver.h"

#include <QMap>

#include <memory>
#include <vector>

namespace presence::test {

/// Redis as people run it, of a test's own: real servers on 127.0.0.1.
///
/// Which kind the environment variable PRESENCE_TEST_REDIS says, so that one suite runs against
/// each: single (the default), tls, sentinel (a master, two replicas, three sentinels) or cluster
/// (three masters with a replica each).
class RedisDeployment
{
public:
    enum class Kind : quint8 { Single, Tls, Sentinel, Cluster };
    static Kind kindToTest();

    /// One that runs and has no data, of the kind to test. Where starting takes seconds it is the
    /// same one each time, which ends with the program: who changes more than data needs another.
    static std::shared_ptr<RedisDeployment> empty();

    /// When replicas take over from a master: OnRequest, because a machine that is held up must
    /// look like no outage, or also when it has been silent for 2 s.
    enum class Failover : quint8 { OnRequest, WhenSilent };

    explicit RedisDeployment(const RedisServer::Options &options = {}, Kind kind = kindToTest(),
                             Failover failover = Failover::OnRequest);
    ~RedisDeployment();
    Q_DISABLE_COPY_MOVE(RedisDeployment)

    /// Starts it, unless it runs, and waits until it serves every key and has its replicas. After
    /// kill(): again, on the same data if that is kept.
    [[nodiscard]] bool start();
    /// SIGKILL of all masters; then again on the same data.
    [[nodiscard]] bool restart();
    bool kill(); ///< SIGKILL of all servers with data

    Kind kind() const { return m_kind; }
    redis::Deployment deployment() const;
    redis::KeySpace keys() const;
    /// A master, for somebody who only wants to listen to what is published.
    redis::Endpoint endpoint() const;
    /// Of a daemon that is to use it.
    QMap<QString, QString> environment() const;

    /// What redis-cli prints. Keys are named as on a single server. A command without a key goes to
    /// every master; what they print is put together.
    QByteArray cli(const QStringList &arguments) const;

    /// All servers with data keep their sockets but do nothing.
    void freeze();
    void thaw();

    /// A key or channel, named as on a single server, as it is here.
    QByteArray named(const QByteArray &key) const;

    void setClock(std::chrono::sys_time<std::chrono::microseconds> time);

    /// Servers with data: masters as started first, then replicas.
    RedisServer &server(size_t index) { return *m_servers.at(index); }
    size_t size() const { return m_servers.size(); }
    size_t masters() const { return m_kind == Kind::Cluster ? 3 : 1; } ///< as started

    /// The server, by its place in server(), that is the master now. Of Sentinel.
    size_t currentMaster() const;
    /// Has the sentinels name another master. The one so far is told seconds later.
    [[nodiscard]] bool failOver();

private:
    void addReplicated();
    void addCluster();
    void addServer(const QStringList &extra = {});
    bool isReplicated() const;
    bool formCluster();
    bool isClusterUp() const;
    bool settleCluster();
    bool setNodeTimeout(int timeout);

    Kind m_kind;
    Failover m_failover;
    RedisServer::Options m_options;
    std::vector<std::unique_ptr<RedisServer>> m_servers;
    std::vector<std::unique_ptr<RedisServer>> m_sentinels;
    bool m_isFormed = false; ///< it was started before
};

} // namespace presence::test
