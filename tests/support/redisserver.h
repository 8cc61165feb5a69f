// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayList>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <array>
#include <chrono>

namespace presence::test {

/// A port of 127.0.0.1 that nobody listens on now.
quint16 freePort();

/// A real redis-server of a test's own: a unix socket in a temporary directory, removed with it.
///
/// Ends with the test program however that ends, as long as it was started on the main thread.
/// Every function blocks until what it says is so, or returns false after 10 s.
class RedisServer
{
public:
    struct Options
    {
        bool tcp = false; ///< also listen on 127.0.0.1, on a free port
        quint16 onPort = 0; ///< or on this one
        bool appendOnly = false; ///< keep data over kill() and restart()
        QString password; ///< of the default user
        QStringList users; ///< ACL rules, such as "alice on >secret ~* &* +@all"
        QStringList extra; ///< further arguments
        bool stoppedClock = false; ///< its wall clock moves only when setClock() is called
        QString certificates; ///< directory of TestCertificates: TLS instead of plain TCP
        QString program = QStringLiteral("redis-server"); ///< a name in PATH, or a path
        QString sentinelConfig; ///< it is a sentinel with this text for a configuration
    };

    RedisServer() : RedisServer(Options{}) { }
    explicit RedisServer(Options options);
    ~RedisServer();
    Q_DISABLE_COPY_MOVE(RedisServer)

    /// Starts it and waits until it answers. After stop() or kill(): again, on the same data,
    /// socket and port.
    [[nodiscard]] bool start();
    bool stop(); ///< SIGTERM
    bool kill(); ///< SIGKILL
    [[nodiscard]] bool restart(); ///< by SIGKILL

    /// What Redis takes for the time. Only with Options::stoppedClock; must not go back.
    void setClock(std::chrono::sys_time<std::chrono::microseconds> time);
    /// Until setClock(), `ahead` of the machine's. Only with Options::stoppedClock.
    void letClockRun(std::chrono::microseconds ahead = {}) { writeClock({ahead.count(), 0, 0}); }

    /// It keeps its sockets but does nothing, as a server that hangs.
    void freeze();
    void thaw();

    /// What redis-cli prints for `arguments`, without the last line end.
    QByteArray cli(const QStringList &arguments) const;

    QString socketPath() const;
    quint16 port() const { return m_port; } ///< 0 without Options::tcp
    QString url() const; ///< redis[s]://127.0.0.1:port or unix:///path, without a password
    qint64 processId() const { return m_process.processId(); }
    bool isRunning() const { return m_process.state() != QProcess::NotRunning; }

private:
    QStringList arguments() const;
    QStringList sentinelArguments() const;
    void writeClock(const std::array<qint64, 3> &words);
    bool launch();
    bool answers() const;
    QString clockPath() const;
    QString logPath() const;

    Options m_options;
    QTemporaryDir m_directory;
    quint16 m_port = 0;
    QProcess m_process;
};

} // namespace presence::test
