// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/deadlinewheel.h"
#include "server/hub/hub.h"
#include "server/limits/payer.h"

#include <QHash>

#include <deque>
#include <functional>
#include <list>

namespace presence::channels {

/// The users that a client watches: what others see of each at first, then every change of it,
/// none missing and none twice. Belongs to one thread.
class WatchList final : private hub::Receiver
{
public:
    /// What others see of a user, within `sight`, comes to `push`, as the payload. `payer` pays for
    /// who is watched.
    WatchList(hub::Hub &hub, eventloop::DeadlineWheel &deadlines, limits::Payer payer, Sight sight,
              std::function<void(const hub::Broadcast &)> push);
    ~WatchList() override;
    Q_DISABLE_COPY_MOVE(WatchList)

    /// `answer` gets a JSON array with what others see of each of `users`; their changes come after
    /// it. ErrorCode::RateLimited, and nothing is added, when there would be too many; Unavailable
    /// while Redis is away: then each comes to `push` as soon as it is known.
    void add(const std::vector<UserId> &users, Callback<QByteArray> answer);
    /// So many may be followed, or an error.
    Result<void> reserve(size_t count);
    /// Each of `users`, as many as were reserved and none watched before, comes to `push` as soon
    /// as it is known, and its changes after that.
    void follow(const std::vector<UserId> &users);
    void remove(const std::vector<UserId> &users);

private:
    /// An answer that waits for users who are not known yet.
    struct Request
    {
        std::vector<UserId> users;
        QSet<QByteArray> missing; ///< names of topics
        QSet<UserId> withheld; ///< who changed meanwhile: the answer will hold it
        Callback<QByteArray> answer;
        std::unique_ptr<eventloop::Deadline> deadline; ///< only when something is missing
    };
    using Requests = std::list<Request>;

    QByteArray owner() const override { return m_payer.name(); }
    void subscribed(const hub::Topic &topic, const QByteArray &state) override;
    void deliver(const hub::Broadcast &broadcast) override;
    bool isAwaited(const QByteArray &topic) const;
    void settle(Requests::iterator request);
    void joinSome();
    void found(const hub::UserTopic &topic);
    void pushState(const hub::UserTopic &topic) const;
    void pushWithheld(const Request &late) const;
    QByteArray rows(const std::vector<UserId> &users) const;

    hub::Hub &m_hub;
    eventloop::DeadlineWheel &m_deadlines;
    const limits::Payer m_payer;
    const Sight m_sight;
    std::function<void(const hub::Broadcast &)> m_push;
    int m_held = 0; ///< users that the payer has paid for
    QHash<UserId, hub::UserTopic *> m_topics; ///< null: to be joined
    std::deque<UserId> m_toJoin; ///< unless they were removed since
    bool m_isJoining = false; ///< joinSome() is due
    QObject m_passContext; ///< what queued calls are bound to
    Requests m_requests;
};

} // namespace presence::channels
