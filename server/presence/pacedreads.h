// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/fairqueue.h"
#include "server/limits/payer.h"
#include "server/presence/channelpresence.h"
#include "server/presence/presencetracker.h"
#include "server/presence/typingtracker.h"
#include "shared/model/sight.h"

namespace presence::rules {

/// What clients read, each a little at a time, so that one who reads a lot waits for its own reads
/// and nobody else does. Each call takes the rows from the budget of who asks first: RateLimited
/// when they are too many. Belongs to one thread.
class PacedReads
{
public:
    PacedReads(const PresenceTracker &tracker, const ChannelPresence &viewers,
               const TypingTracker &typing, limits::FairQueue &queue)
        : m_tracker(tracker), m_viewers(viewers), m_typing(typing), m_queue(queue)
    {
    }

    /// ErrorCode::NotFound for one that is not within `sight`, be it there or not.
    void getPresence(const limits::Payer &payer, const UserId &user, const Sight &sight,
                     Callback<UserPresence> done);
    /// Who is not within `sight` is as one that was never there.
    void getBulkPresence(const limits::Payer &payer, const std::vector<UserId> &users,
                         const Sight &sight, Callback<std::vector<UserPresence>> done);
    void getOnlineUsers(const limits::Payer &payer, const WorkspaceId &workspace, const Page &page,
                        Callback<OnlinePage> done);
    void getViewers(const limits::Payer &payer, const ChannelId &channel, const Page &page,
                    Callback<UserPage> done);
    void getTyping(const limits::Payer &payer, const ChannelId &channel, const Page &page,
                   Callback<UserPage> done);

private:
    /// Has `read` called with what is to be called at its end, once it is the turn of `payer`.
    template <typename T, typename Read>
    void pace(const limits::Payer &payer, int rows, Callback<T> done, Read read);
    template <typename Rows, typename Read>
    void pacePage(const limits::Payer &payer, Callback<Rows> done, Read read);
    template <typename T, typename Read>
    void enqueue(const limits::Payer &payer, int rows, Callback<T> done, Read read);
    struct Bulk;
    void readNext(const std::shared_ptr<Bulk> &bulk);

    const PresenceTracker &m_tracker;
    const ChannelPresence &m_viewers;
    const TypingTracker &m_typing;
    limits::FairQueue &m_queue;
};

} // namespace presence::rules
