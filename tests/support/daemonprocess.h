// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QMap>
#include <QProcess>
#include <QUrl>

namespace presence::test {

/// For what a daemon does, on a machine that is busy with other tests.
inline constexpr int kDaemonPatience = 20'000; // ms

/// The real presenced, with an environment of the test's own and on a free port. The environment
/// variable PRESENCED names another build of it.
///
/// Ends with the test program however that ends, as long as it was started on the main thread.
/// Every function blocks until what it says is so, or gives up after kDaemonPatience.
class DaemonProcess
{
public:
    using Environment = QMap<QString, QString>;

    /// `environment` goes before what the test chooses: any port, two shards, warnings only.
    explicit DaemonProcess(const Environment &environment, const QStringList &arguments = {});
    ~DaemonProcess();
    Q_DISABLE_COPY_MOVE(DaemonProcess)

    /// Starts it and waits until it says where it listens.
    [[nodiscard]] bool start();

    /// Starts one that is to end by itself; its exit code, or -1 when it did not end so.
    int run();

    void terminate() { m_process.terminate(); } ///< SIGTERM, without waiting
    int stop(); ///< SIGTERM; the exit code, or -1 when it did not end by itself
    int ended(); ///< waits for the end; the exit code, or -1 when it did not end by itself
    void kill(); ///< SIGKILL
    void freeze(); ///< SIGSTOP
    void thaw(); ///< SIGCONT

    quint16 port() const { return m_port; }
    qint64 processId() const { return m_process.processId(); }
    bool isRunning() const { return m_process.state() == QProcess::Running; }

    /// All that it has printed so far, to either stream.
    QByteArray output();

private:
    QProcess m_process;
    QByteArray m_output;
    quint16 m_port = 0;
};

} // namespace presence::test
