// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/channeltransitions.h"

namespace presence::rules {

/// Who is typing in a channel. Each user stops on its own, typingTtl after its last start.
/// Belongs to one thread.
class TypingTracker
{
public:
    explicit TypingTracker(const Store &store) : m_store(store), m_transitions(store) { }

    /// As ChannelPresence::joinChannel(): with the user's `revision` that the session knows.
    void startTyping(const UserId &user, const SessionId &session, qint64 revision,
                     const ChannelId &channel, Callback<void> done);
    /// It types there for `left` more, should Redis have lost that.
    void restoreTyping(const UserId &user, const SessionId &session, qint64 revision,
                       const ChannelId &channel, std::chrono::milliseconds left);
    /// The user stops when none of its sessions types there any more. `isTyping`: it does by what
    /// its connection knows, and should Redis have lost that, watchers are told all the same.
    void stopTyping(const UserId &user, const SessionId &session, const ChannelId &channel,
                    bool isTyping, Callback<void> done);
    std::chrono::seconds typingTtl() const { return m_store.config.typingTtl; }
    void getTypingUsers(const ChannelId &channel, const Page &page, Callback<UserPage> done) const;

private:
    const Store &m_store;
    ChannelTransitions m_transitions;
};

} // namespace presence::rules
