// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// HeartbeatScheduler: what Redis has lost, or could not be told, of those that are refreshed.
#include "server/presence/heartbeatscheduler.h"

#include <QPointer>

#include <algorithm>

namespace presence::rules {

TrackedDevice *HeartbeatScheduler::find(qsizetype slot, const UserId &user,
                                        const SessionId &session) const
{
    const auto &devices = m_slots[size_t(slot)].devices;
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const auto *device) {
        return device->session.id == session && device->session.user == user;
    });
    return found == devices.end() ? nullptr : *found;
}

/// Redis does not know the session any more. If its connection is still here, Redis lost it.
void HeartbeatScheduler::announceAgain(qsizetype slot, const UserId &user, const SessionId &session)
{
    const TrackedDevice *lost = find(slot, user, session);
    if (!lost)
        return;
    Session known = lost->session;
    known.isOnlyListener = false; // That was when it joined.
    m_tracker.announce(
        known,
        [self = QPointer(this), slot, user, session](const Result<UserTransition> &transition) {
            TrackedDevice *device = self ? self->find(slot, user, session) : nullptr;
            if (device && transition)
                device->revision = std::max(device->revision, transition->revision);
            // Its connections were told, and this one did not hear it.
            else if (device && transition.error().code == ErrorCode::Forbidden)
                self->m_tracker.tellOwnConnections(
                    user, bus::ControlEvent::signOff(device->session.device));
        });
}

void HeartbeatScheduler::refreshChannels(qsizetype slot)
{
    QHash<ChannelId, std::vector<ChannelPresence::View>> byChannel;
    for (const TrackedDevice *device : std::as_const(m_slots[size_t(slot)].devices)) {
        if (device->isHidden)
            continue;
        for (const ChannelId &channel : device->viewed)
            byChannel[channel].push_back(
                {device->session.user, device->session.id, device->revision});
    }
    for (auto it = byChannel.cbegin(); it != byChannel.cend(); ++it) {
        const auto refreshed = [self = QPointer(this), slot, channel = it.key()](
                                   const Result<ChannelPresence::Missing> &result) {
            if (self && result)
                self->enterAgain(slot, channel, *result);
        };
        m_refreshedChannels.refresh(it.key(), it.value(), refreshed);
    }
}

/// Nobody else would notice: the session lives. What it types there it may have begun since.
void HeartbeatScheduler::leaveAgain(qsizetype slot)
{
    for (TrackedDevice *device : std::as_const(m_slots[size_t(slot)].devices)) {
        // Others are not to see that it does something, for as long as they see it there.
        if (device->isHidden)
            continue;
        device->left.subtract(device->viewed); // it has come back to those
        const UserId &user = device->session.user;
        const SessionId &session = device->session.id;
        for (const ChannelId &channel : std::as_const(device->left)) {
            const auto left = [self = QPointer(this), slot, user, session,
                               channel](const Result<void> &result) {
                TrackedDevice *leaving = self ? self->find(slot, user, session) : nullptr;
                if (leaving && (result || !mayBeRetried(result.error())))
                    leaving->left.remove(channel);
            };
            m_channels.leaveChannel(user, session, channel,
                                    {.isTyping = std::nullopt, .before = device->before}, left);
        }
    }
}

/// Redis does not know that they look at the channel. Those that have not left meanwhile it has
/// lost. The user has to know of the channel first, so that a session in hiding leaves it.
void HeartbeatScheduler::enterAgain(qsizetype slot, const ChannelId &channel,
                                    const ChannelPresence::Missing &missing)
{
    for (const auto &[user, session] : missing) {
        const auto isViewing = [this, slot, user = user, session = session, channel] {
            const TrackedDevice *device = find(slot, user, session);
            return device && !device->isHidden && device->viewed.contains(channel);
        };
        if (!isViewing())
            continue;
        Session known = find(slot, user, session)->session;
        known.isOnlyListener = false;
        known.channels.insert(channel);
        m_tracker.announce(
            known,
            [self = QPointer(this), isViewing, user = user, session = session,
             channel](const Result<UserTransition> &transition) {
                const bool mayShow
                    = transition && !isHidden(transition->status) && !transition->isUnconfirmed;
                if (self && mayShow && isViewing())
                    self->m_channels.joinChannel({user, session, transition->revision}, channel,
                                                 [](const auto &) {});
            });
    }
}

} // namespace presence::rules
