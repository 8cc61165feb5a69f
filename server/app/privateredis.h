// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/query.h"
#include "shared/core/backoff.h"
#include "shared/core/result.h"

#include <QElapsedTimer>
#include <QObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>

#include <memory>

namespace presence::app {

/// A redis-server of the daemon's own, for when none is configured: on a unix socket only, with an
/// append-only file in the state directory, started again when it dies.
///
/// Owned by the daemon. Must be made and used on the main thread: the kernel ends the server when
/// the thread that forked it ends, which is how it cannot outlive a daemon that was killed.
/// Destroying it stops the server and waits for that, up to the stop deadline.
/// The state directory is locked for as long as daemon or server lives, and only for its owner to
/// read. One whose data cannot be loaded is given up after some attempts.
class PrivateRedis final : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        QString stateDirectory; ///< made with mode 0700 when it does not exist
        QString program = QStringLiteral("redis-server"); ///< a name in PATH, or a path
        /// How long another owner of the directory is waited for: a killed daemon's server needs
        /// a moment to end.
        std::chrono::milliseconds lockWait{2000};
        /// From SIGTERM to SIGKILL.
        std::chrono::milliseconds stopDeadline{10'000};
    };

    explicit PrivateRedis(Options options);
    ~PrivateRedis() override;

    void start(); ///< once; ends with ready() or failed(), later or at once
    void stop();

    QString socketPath() const { return m_socketPath; }
    qint64 processId() const { return m_process.processId(); }

Q_SIGNALS:
    /// The server has loaded its data and answers; again after each restart.
    void ready(const QString &socketPath);
    /// There is no server and there will be none; `why` is a sentence for the operator.
    void failed(const QString &why);

private:
    Result<void> prepare();
    Result<void> secureDirectory() const;
    Result<void> placeSocket();
    void lockAndLaunch();
    void after(std::chrono::milliseconds pause, void (PrivateRedis::*next)());
    void configure(const QString &program);
    void launch();
    void probe();
    void answered(const Result<redis::Reply> &pong);
    void logOutput();
    void onEnded(const QString &how);
    void giveUp(const QString &why);

    Options m_options;
    QString m_socketPath;
    std::unique_ptr<QTemporaryDir> m_shortDirectory; ///< of the socket, when the other is too long
    int m_lock = -1; ///< descriptor, inherited by the server
    QElapsedTimer m_sinceStart; ///< of waiting for the lock, then of each server
    Backoff m_backoff;
    QTimer m_timer; ///< what happens next: lock again, probe, or launch again
    int m_failedStarts = 0; ///< servers in a row that died before they were ready
    bool m_isReady = false; ///< the one that runs is
    std::unique_ptr<redis::Query> m_ping;
    bool m_stopping = false;
    QString m_lastOutput;
    QProcess m_process;
};

} // namespace presence::app
