// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/channelpresence.h"

#include <algorithm>

namespace presence::rules {

void ChannelPresence::joinChannel(const UserId &user, const SessionId &session,
                                  const ChannelId &channel, Callback<void> done)
{
    m_steps.run(m_store.scripts.channelJoin, channel, {user.bytes(), session.bytes()},
                withoutStep(std::move(done)));
}

void ChannelPresence::leaveChannel(const UserId &user, const SessionId &session,
                                   const ChannelId &channel, Callback<void> done)
{
    m_steps.run(m_store.scripts.channelLeave, channel, {user.bytes(), session.bytes()},
                withoutStep(std::move(done)));
}

void ChannelPresence::refresh(const ChannelId &channel,
                              const std::vector<std::pair<UserId, SessionId>> &viewers)
{
    std::vector<QByteArray> arguments;
    for (const auto &[user, session] : viewers) {
        arguments.push_back(user.bytes());
        arguments.push_back(session.bytes());
    }
    m_steps.run(m_store.scripts.channelJoin, channel, std::move(arguments), [](const auto &) {});
}

void ChannelPresence::getChannelViewers(const ChannelId &channel,
                                        Callback<std::vector<UserId>> done) const
{
    readChannel(channel, [done = std::move(done)](Result<Roster> roster) {
        if (!roster)
            return done(Failure(roster.error()));
        std::vector<UserId> users(roster->metas.keyBegin(), roster->metas.keyEnd());
        std::sort(users.begin(), users.end());
        done(std::move(users));
    });
}

void ChannelPresence::readChannel(const ChannelId &channel, Callback<Roster> done) const
{
    m_steps.read(channel, std::move(done));
}

} // namespace presence::rules
