// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QObject>
#include <QSocketNotifier>

namespace presence::app {

/// SIGTERM, SIGINT and SIGHUP as Qt signals, by a signalfd. SIGPIPE is ignored. Made on the
/// main thread before any other thread starts, so that all of them have the signals blocked.
class Signals final : public QObject
{
    Q_OBJECT
public:
    explicit Signals(QObject *parent = nullptr);
    ~Signals() override;

Q_SIGNALS:
    void terminated();
    void reloadAsked();

private:
    void read();

    int m_descriptor;
    QSocketNotifier m_notifier;
};

} // namespace presence::app
