// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/servicenotifier.h"

#include <chrono>

#include <systemd/sd-daemon.h>

namespace presence::app {

ServiceNotifier::ServiceNotifier(Ask ask) : m_ask(std::move(ask))
{
    uint64_t watchdog = 0;
    if (::sd_watchdog_enabled(0, &watchdog) <= 0)
        return;
    QObject::connect(&m_watchdog, &QTimer::timeout, &m_watchdog, [this] { beat(); });
    // As sd_watchdog_enabled(3) advises, and one that is late still in time.
    const std::chrono::microseconds interval(watchdog / 3);
    m_watchdog.start(std::chrono::duration_cast<std::chrono::milliseconds>(interval));
}

void ServiceNotifier::ready(quint16 port)
{
    ::sd_notifyf(0, "READY=1\nSTATUS=Listening on port %d", int(port));
}

void ServiceNotifier::stopping()
{
    ::sd_notify(0, "STOPPING=1\nSTATUS=Draining");
}

void ServiceNotifier::beat()
{
    if (std::exchange(m_isAsking, true))
        return;
    m_ask([this] {
        m_isAsking = false;
        ::sd_notify(0, "WATCHDOG=1");
    });
}

} // namespace presence::app
