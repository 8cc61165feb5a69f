// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/duequeue.h"
#include "shared/model/roster.h"
#include "shared/model/userpresence.h"

namespace presence::rules {

/// What a channel script returns: see state() in resources/lua/channel/lib.lua.
struct ChannelTransition
{
    qint64 nextCheck = 0; ///< ms since the epoch, 0 when nobody is here
    qint64 viewers = 0; ///< users
    qint64 typing = 0; ///< users
    /// Of a refresh: who is not known to look at the channel, and by which session.
    std::vector<std::pair<UserId, SessionId>> missing;
};

/// Runs scripts on a channel's keys and keeps the due queue and the counts that the sweeper and the
/// metrics read.
class ChannelTransitions
{
public:
    explicit ChannelTransitions(const Store &store)
        : m_store(store), m_due(store, redis::KeySpace::kDueChannels)
    {
    }

    /// `arguments` are those from ARGV[6] on.
    void change(const redis::Script &script, const ChannelId &channel,
                std::vector<QByteArray> arguments, Callback<ChannelTransition> done);

    /// The same for the sweeper, which keeps the due queue itself.
    void check(const redis::Script &script, const ChannelId &channel,
               std::vector<QByteArray> arguments, Callback<ChannelTransition> done);

    /// Of a script that brings nobody and takes nobody away. It may be late, so it says nothing of
    /// how many there are.
    void refresh(const redis::Script &script, const ChannelId &channel,
                 std::vector<QByteArray> arguments, Callback<ChannelTransition> done);

    /// These sessions of a user, or all that know no newer `revision` of it, neither look nor type
    /// any more. What they say later with an older one does not count.
    enum class Who : quint8 { Named, All };
    void quit(const ChannelId &channel, const UserId &user, qint64 revision, Who who,
              const std::vector<SessionId> &sessions, Callback<ChannelTransition> done);

    void read(const ChannelId &channel, Callback<Roster> done) const;

    enum class List : quint8 { Viewers, Typing };
    void readPage(const ChannelId &channel, List list, const Page &page,
                  Callback<UserPage> done) const;

private:
    void run(const redis::Script &script, const ChannelId &channel,
             std::vector<QByteArray> arguments, Callback<ChannelTransition> done);
    std::vector<QByteArray> arguments(const ChannelId &channel) const;
    void count(const ChannelId &channel, const ChannelTransition &transition);

    const Store &m_store;
    DueQueue m_due;
};

} // namespace presence::rules
