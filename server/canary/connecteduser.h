// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/events.h"
#include "server/hub/hub.h"
#include "server/presence/heartbeatscheduler.h"
#include "server/presence/presencetracker.h"

#include <QObject>

#include <memory>

namespace presence::canary {

/// A user with one device, as a client that joined `presence:{id}`: it hears what the user is, and
/// says so again when Redis has lost it. When it goes it is cut off.
class ConnectedUser final : public QObject, private hub::Receiver
{
public:
    struct Services
    {
        const rules::Store &store;
        rules::PresenceTracker &tracker;
        rules::HeartbeatScheduler &heartbeats;
        hub::Hub &hub;
    };
    /// `joined` is called once: the user was announced, or not.
    ConnectedUser(const Services &services, const rules::Session &session, Callback<void> joined);
    ~ConnectedUser() override;

    const UserId &user() const { return m_device->session.user; }
    bool isJoined() const { return m_isJoined; }

private:
    void subscribed(const hub::Topic &control, const QByteArray &) override;
    void deliver(const hub::Broadcast &broadcast) override;
    void announce(rules::PresenceTracker::Want want);
    void announced(const rules::UserTransition &transition);
    void take(const bus::ControlEvent &state);

    Services m_services;
    std::unique_ptr<rules::TrackedDevice> m_device;
    Callback<void> m_joined;
    bool m_isJoined = false;
    hub::Topic *m_control = nullptr;
};

} // namespace presence::canary
