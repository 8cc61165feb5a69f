// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/channelsteps.h"

namespace presence::rules {

/// Who is typing in a channel. Each user stops on its own, typingTtl after its last start.
/// Belongs to one thread.
class TypingTracker
{
public:
    explicit TypingTracker(const Store &store) : m_store(store), m_steps(store) { }

    void startTyping(const UserId &user, const ChannelId &channel, Callback<void> done);
    void stopTyping(const UserId &user, const ChannelId &channel, Callback<void> done);
    void getTypingUsers(const ChannelId &channel, Callback<std::vector<UserId>> done) const;

private:
    const Store &m_store;
    ChannelSteps m_steps;
};

} // namespace presence::rules
