// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/canary/connecteduser.h"

#include <QPointer>

#include <algorithm>
#include <utility>

namespace presence::canary {

using namespace std::chrono_literals;
using bus::ControlEvent;
using rules::UserTransition;
using Want = rules::PresenceTracker::Want;

ConnectedUser::ConnectedUser(const Services &services, const rules::Session &session,
                             Callback<void> joined)
    : m_services(services), m_device(std::make_unique<rules::TrackedDevice>(session)),
      m_joined(std::move(joined))
{
    m_control = &m_services.hub.joinUserControl(session.user, *this);
}

ConnectedUser::~ConnectedUser()
{
    m_services.hub.leave(*m_control, *this);
    // Also one that was not answered: Redis may have it all the same.
    m_services.tracker.disconnect(m_device->session, std::nullopt, 0ms, [](const auto &) {});
}

/// From now on every change is heard, so what the announcement finds misses nothing.
void ConnectedUser::subscribed(const hub::Topic &control, const QByteArray &)
{
    m_device->session.isOnlyListener = control.size() == 0;
    announce(Want::State);
}

void ConnectedUser::announce(Want want)
{
    if (m_isJoined)
        m_device->session.isOnlyListener = m_control->size() == 1;
    m_services.tracker.announce(
        m_device->session,
        [self = QPointer(this)](const Result<UserTransition> &transition) {
            if (!self)
                return;
            if (transition)
                self->announced(*transition);
            // Which may be its end.
            if (const auto joined = std::exchange(self->m_joined, {}))
                joined(transition ? Result<void>() : Failure(transition.error()));
        },
        want);
}

void ConnectedUser::announced(const UserTransition &transition)
{
    m_device->session.startedAt = transition.announced.startedAt;
    m_device->session.lastIdle = transition.announced.isIdle;
    m_device->revision = std::max(m_device->revision, transition.revision);
    if (!std::exchange(m_isJoined, true))
        m_services.heartbeats.track(*m_device);
    if (const auto state = ControlEvent::from(transition.announced.state))
        take(*state);
}

void ConnectedUser::deliver(const hub::Broadcast &broadcast)
{
    const auto event = ControlEvent::from(broadcast.payload());
    if (!event || !m_isJoined)
        return;
    if (event->kind == ControlEvent::Kind::State)
        take(*event);
    else if (event->kind != ControlEvent::Kind::SignOff)
        announce(Want::State);
}

void ConnectedUser::take(const ControlEvent &state)
{
    if (state.revision < m_device->session.clientHeldAt)
        return;
    if (!state.isConfirmed() && m_device->session.clientHeldAt > 0)
        return announce(Want::Step); // Redis has lost what is known here.
    m_device->revision = std::max(m_device->revision, state.revision);
    m_device->session.clientHeld = state.clientHeld;
    m_device->session.clientHeldAt = state.isConfirmed() ? state.revision : 0;
}

} // namespace presence::canary
