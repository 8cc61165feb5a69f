// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/rowstopic.h"

namespace presence::admin {

using namespace std::chrono_literals;

static constexpr auto kRowWindow = 250ms;

RowsTopic::RowsTopic(bus::EventBus &bus, QByteArray name, QByteArray channel)
    : Topic(bus, std::move(name), std::move(channel))
{
    m_window.setSingleShot(true);
    m_window.setInterval(kRowWindow);
    connect(&m_window, &QTimer::timeout, this, &RowsTopic::flush);
}

void RowsTopic::noteChange()
{
    if (isReady() && !m_window.isActive())
        m_window.start();
}

void RowsTopic::sendSnapshot(hub::Receiver &receiver)
{
    receiver.subscribed(*this, "{\"users\":" + QByteArray::number(count()) + '}');
}

void RowsTopic::flush()
{
    const QByteArray changes = takeChanges();
    if (changes.isEmpty())
        return;
    broadcast("rows", changes);
    noteChange(); // for the rest, if there is more than fits
}

} // namespace presence::admin
