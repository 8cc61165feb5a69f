// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QTimer>

#include <functional>

namespace presence::app {

/// Tells systemd, of a service of Type=notify, that the daemon serves and that it stops, and with
/// WatchdogSec that its threads turn: see sd_notify(3). Elsewhere it does nothing. On the main
/// thread.
class ServiceNotifier
{
public:
    /// `ask` calls its argument once all threads have answered; a thread that hangs keeps it from
    /// that, and systemd restarts the service when WatchdogSec is over.
    using Ask = std::function<void(std::function<void()>)>;
    explicit ServiceNotifier(Ask ask);

    void ready(quint16 port);
    void stopping();

private:
    void beat();

    Ask m_ask;
    QTimer m_watchdog; ///< runs when the service has WatchdogSec
    bool m_isAsking = false; ///< the answer to the last beat has not come
};

} // namespace presence::app
