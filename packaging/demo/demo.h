// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "packaging/demo/node.h"
#include "packaging/demo/population.h"

#include <QTemporaryDir>

#include <chrono>

namespace presence::demo {

/// Two nodes on the private redis-server of the first one, the users, and the dashboard. All of
/// it is in a temporary directory and in child processes, and ends with this.
/// The second node is killed and started again, again and again.
class Demo final : public QObject
{
    Q_OBJECT
public:
    struct Options
    {
        QString presenced; ///< a path
        QString window; ///< of presence-admin; empty: there is no window
        int users = 300;
        quint32 seed = 1;
        std::chrono::seconds outageAfter{60}; ///< the second node's first one; later ones rarer
        std::chrono::seconds outage{40}; ///< how long it is away
    };

    explicit Demo(Options options);
    ~Demo() override;

    void start();
    void stop(int code); ///< when it returns, every process has ended

Q_SIGNALS:
    /// After stop(), which it does itself when the window is closed or the first node has ended.
    void finished(int code);

private:
    void begin();
    void openWindow();
    void welcome();
    void onSecondListening();
    void onSecondEnded();
    bool writeToken();
    QString tokenPath() const { return m_directory.filePath(QStringLiteral("admin-token")); }

    const Options m_options;
    QTemporaryDir m_directory;
    const QByteArray m_secret;
    Node m_first;
    Node m_second;
    Population m_population;
    QProcess m_window;
    QTimer m_nextOutage;
    QTimer m_return;
    int m_outages = 0;
    bool m_isStopping = false;
};

} // namespace presence::demo
