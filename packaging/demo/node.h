// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QProcess>
#include <QProcessEnvironment>
#include <QUrl>

namespace presence::demo {

/// Has the kernel send `signal` to the process when the thread that starts it has ended, however
/// that ended; signals that this one has blocked are not blocked there.
void endWithParent(QProcess &process, int signal);

/// SIGTERM, and SIGKILL to one that has not ended after 10 s. It has ended afterwards.
void endProcess(QProcess &process);

/// A presenced on any free port of 127.0.0.1, with nothing of the user's own configuration.
class Node final : public QObject
{
    Q_OBJECT
public:
    using Variables = QMap<QString, QString>;

    Node(QString name, const QString &program, const Variables &variables, QObject *parent);
    ~Node() override;

    void start(); ///< also after it has ended
    void kill() { m_process.kill(); } ///< SIGKILL
    void stop(); ///< as endProcess(), without ended()

    const QString &name() const { return m_name; }
    quint16 port() const { return m_port; } ///< 0 while it does not listen
    QUrl url() const;

Q_SIGNALS:
    void listening();
    void ended();

private:
    void read();

    const QString m_name;
    quint16 m_port = 0;
    QProcess m_process;
};

} // namespace presence::demo
