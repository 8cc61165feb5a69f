// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/redisserver.h"

#include <QDeadlineTimer>
#include <QDebug>
#include <QFile>
#include <QLocalSocket>
#include <QRandomGenerator>
#include <QSet>
#include <QTcpServer>

#include <array>
#include <csignal>

#include <sys/prctl.h>

namespace presence::test {

using namespace Qt::StringLiterals;

static constexpr int kServerPatience = 10'000; // ms
static constexpr int kServerPoll = 2; // ms
static constexpr int kPortAttempts = 5;
static constexpr int kShownOfLog = 2000; // bytes

quint16 freePort()
{
    // Below those that the system gives to connections, which could take it before the server does.
    constexpr int kFirst = 10'000;
    constexpr int kEnd = 32'000;
    static QSet<quint16> given;
    for (;;) {
        const auto port = static_cast<quint16>(QRandomGenerator::system()->bounded(kFirst, kEnd));
        QTcpServer server;
        if (!given.contains(port) && server.listen(QHostAddress::LocalHost, port)) {
            given.insert(port);
            return port;
        }
    }
}

RedisServer::RedisServer(Options options) : m_options(std::move(options))
{
    if (m_options.tcp)
        m_port = m_options.onPort != 0 ? m_options.onPort : freePort();
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardOutputFile(logPath(), QIODevice::Append);
    m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
    if (!m_options.stoppedClock)
        return;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"LD_PRELOAD"_s, QStringLiteral(CLOCKSHIFT));
    environment.insert(u"CLOCKSHIFT_FILE"_s, clockPath());
    m_process.setProcessEnvironment(environment);
    setClock(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

RedisServer::~RedisServer()
{
    kill();
}

QString RedisServer::socketPath() const
{
    return m_directory.filePath(u"redis.sock"_s);
}

QString RedisServer::url() const
{
    if (!m_options.tcp)
        return u"unix://"_s + socketPath();
    return (m_options.certificates.isEmpty() ? u"redis://127.0.0.1:%1"_s
                                             : u"rediss://127.0.0.1:%1"_s)
        .arg(m_port);
}

QString RedisServer::logPath() const
{
    return m_directory.filePath(u"server.log"_s);
}

QStringList RedisServer::arguments() const
{
    if (!m_options.sentinelConfig.isEmpty())
        return sentinelArguments();
    const bool isTls = !m_options.certificates.isEmpty();
    QStringList list{isTls ? u"--tls-port"_s : u"--port"_s,
                     QString::number(m_port),
                     u"--bind"_s,
                     u"127.0.0.1"_s,
                     u"--unixsocket"_s,
                     socketPath(),
                     u"--unixsocketperm"_s,
                     u"700"_s,
                     u"--dir"_s,
                     m_directory.path(),
                     u"--save"_s,
                     QString(),
                     u"--appendonly"_s,
                     m_options.appendOnly ? u"yes"_s : u"no"_s};
    if (m_options.appendOnly)
        // Written before it answers: SIGKILL loses nothing that it said.
        list << u"--appendfsync"_s << u"no"_s;
    if (isTls)
        list << u"--port"_s << u"0"_s << u"--tls-cert-file"_s
             << m_options.certificates + u"/server.crt"_s << u"--tls-key-file"_s
             << m_options.certificates + u"/server.key"_s << u"--tls-ca-cert-file"_s
             << m_options.certificates + u"/ca.crt"_s;
    if (!m_options.password.isEmpty())
        list << u"--requirepass"_s << m_options.password;
    for (const QString &user : m_options.users)
        list << u"--user"_s << user.split(u' ');
    return list + m_options.extra;
}

/// A sentinel writes what it learns into its configuration.
QStringList RedisServer::sentinelArguments() const
{
    const QString path = m_directory.filePath(u"sentinel.conf"_s);
    QFile file(path);
    if (!file.exists() && file.open(QIODevice::WriteOnly))
        file.write(u"port %1\nbind 127.0.0.1\nunixsocket %2\ndir %3\n%4\n"_s
                       .arg(QString::number(m_port), socketPath(), m_directory.path(),
                            m_options.sentinelConfig)
                       .toUtf8());
    return {path, u"--sentinel"_s};
}

bool RedisServer::start()
{
    // Somebody else may be about to give the port back.
    for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
        if (launch())
            return true;
    }
    // What it says it could not do.
    QFile log(logPath());
    if (log.open(QIODevice::ReadOnly))
        qWarning().noquote() << "redis-server does not start:" << log.readAll().right(kShownOfLog);
    return false;
}

bool RedisServer::launch()
{
    m_process.start(m_options.program, arguments());
    const QDeadlineTimer deadline(kServerPatience);
    while (!deadline.hasExpired() && !m_process.waitForFinished(kServerPoll)
           && m_process.state() != QProcess::NotRunning) {
        if (answers())
            return true;
    }
    kill();
    return false;
}

// Any answer will do but that it is still loading: with a password it is NOAUTH.
bool RedisServer::answers() const
{
    QLocalSocket socket;
    socket.connectToServer(socketPath());
    if (!socket.waitForConnected(kServerPatience))
        return false;
    socket.write("PING\r\n");
    return socket.waitForReadyRead(kServerPatience) && !socket.readAll().startsWith("-LOADING");
}

bool RedisServer::stop()
{
    m_process.terminate();
    return m_process.state() == QProcess::NotRunning || m_process.waitForFinished(kServerPatience);
}

bool RedisServer::kill()
{
    m_process.kill();
    return m_process.state() == QProcess::NotRunning || m_process.waitForFinished(kServerPatience);
}

bool RedisServer::restart()
{
    if (!kill())
        return false;
    QFile clock(clockPath());
    const bool hasClock = clock.open(QIODevice::ReadWrite);
    const QByteArray before = hasClock ? clock.readAll() : QByteArray();
    const bool isUp = start();
    // A clock that stands still was read for each command of the log. That took no time.
    if (hasClock && clock.seek(0))
        clock.write(before);
    return isUp;
}

QString RedisServer::clockPath() const
{
    return m_directory.filePath(u"clock"_s);
}

void RedisServer::setClock(std::chrono::sys_time<std::chrono::microseconds> time)
{
    writeClock({0, time.time_since_epoch().count(), 0});
}

void RedisServer::writeClock(const std::array<qint64, 3> &words)
{
    // As clockshift.cpp has it: an offset, the time, how often it was read. Written in place, the
    // server has it mapped.
    QFile file(clockPath());
    if (file.open(QIODevice::ReadWrite))
        file.write(reinterpret_cast<const char *>(words.data()), sizeof(words));
}

void RedisServer::freeze()
{
    ::kill(pid_t(processId()), SIGSTOP);
}

void RedisServer::thaw()
{
    ::kill(pid_t(processId()), SIGCONT);
}

QByteArray RedisServer::cli(const QStringList &arguments) const
{
    // To follow a cluster's redirections it has to know ports.
    const bool isOnSocket = m_port == 0 || !m_options.certificates.isEmpty();
    QStringList list = isOnSocket ? QStringList{u"-s"_s, socketPath()}
                                  : QStringList{u"-p"_s, QString::number(m_port)};
    if (!m_options.password.isEmpty())
        list << u"--no-auth-warning"_s << u"-a"_s << m_options.password;
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(u"redis-cli"_s, list + arguments);
    process.waitForFinished(kServerPatience);
    QByteArray output = process.readAll();
    while (output.endsWith('\n'))
        output.chop(1);
    return output;
}

} // namespace presence::test
