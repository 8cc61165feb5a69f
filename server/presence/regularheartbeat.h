// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/session.h"
#include "server/presence/store.h"
#include "server/redis/replies.h"

#include <QList>

namespace presence::rules {

/// The heartbeat of users of whom nothing has to be judged: their sessions are known, and others
/// see them. Redis spends most of its time on who is only there, so it is plain commands: what is
/// stored of a user is read, and written if it allows it. What the replies tell was changed in
/// between, or lost, takes the rules (resources/lua/user/refresh.lua), as all other users do.
class RegularHeartbeat
{
public:
    /// `store` outlives the callbacks.
    explicit RegularHeartbeat(const Store &store) : m_store(store) { }

    /// Exactly: where there is more to look at than when the sessions that go on end.
    enum class NextCheck : quint8 { NotAsked, Asked, AskedExactly };
    struct User
    {
        UserId id;
        QList<SessionId> sessions; ///< that go on for PRESENCE_TTL
        NextCheck check = NextCheck::NotAsked;
    };
    struct Beat
    {
        QByteArray published; ///< revision of what was published last of the user
        /// The first end of a session, those of others too, or of the status (s since the epoch). 0
        /// when it was not asked for, or takes the rules.
        qint64 nextCheck = 0;
    };
    /// Of each user; nothing, and most often nothing was written, where it takes the rules.
    using Answer = std::function<void(const User &, const Result<std::optional<Beat>> &)>;

    /// `now` by the clock of the only server that there is; else each user's is asked.
    void beat(std::vector<User> users, std::optional<redis::Time> now, const Answer &answer) const;

private:
    const Store &m_store;
};

} // namespace presence::rules
