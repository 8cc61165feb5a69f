// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/typingtracker.h"

namespace presence::rules {

using namespace Qt::StringLiterals;

void TypingTracker::startTyping(const UserId &user, const SessionId &session, qint64 revision,
                                const ChannelId &channel, Callback<void> done)
{
    m_transitions.change(m_store.scripts.channelTypingStart, channel,
                         {user.bytes(), session.bytes(), number(revision),
                          number(std::chrono::milliseconds(m_store.config.typingTtl).count()),
                          "0"_ba},
                         withoutTransition<ChannelTransition>(std::move(done)));
}

void TypingTracker::restoreTyping(const UserId &user, const SessionId &session, qint64 revision,
                                  const ChannelId &channel, std::chrono::milliseconds left)
{
    m_transitions.change(
        m_store.scripts.channelTypingStart, channel,
        {user.bytes(), session.bytes(), number(revision), number(left.count()), "1"_ba},
        [](const auto &) {});
}

void TypingTracker::stopTyping(const UserId &user, const SessionId &session,
                               const ChannelId &channel, bool isTyping, Callback<void> done)
{
    m_transitions.change(m_store.scripts.channelTypingStop, channel,
                         {user.bytes(), session.bytes(), isTyping ? "1"_ba : "0"_ba},
                         withoutTransition<ChannelTransition>(std::move(done)));
}

void TypingTracker::getTypingUsers(const ChannelId &channel, const Page &page,
                                   Callback<UserPage> done) const
{
    m_transitions.readPage(channel, ChannelTransitions::List::Typing, page, std::move(done));
}

} // namespace presence::rules
