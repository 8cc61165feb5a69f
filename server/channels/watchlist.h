// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/deadlinewheel.h"
#include "server/hub/hub.h"

#include <QHash>

#include <functional>
#include <list>

namespace presence::channels {

/// The users that a client watches: what others see of each at first, then every change of it,
/// none missing and none twice. Belongs to one thread.
class WatchList final : private hub::Receiver
{
public:
    /// Changes come to `push` as JSON.
    WatchList(hub::Hub &hub, eventloop::DeadlineWheel &deadlines,
              std::function<void(const QByteArray &, quint64)> push);
    ~WatchList() override;
    Q_DISABLE_COPY_MOVE(WatchList)

    /// `answer` gets a JSON array with what others see of each of `users`; their changes come after
    /// it. ErrorCode::RateLimited, and nothing is added, when there would be too many; Unavailable
    /// while Redis is away: then each comes to `push` as soon as it is known.
    void add(const std::vector<UserId> &users, Callback<QByteArray> answer);
    /// Each of `users`, kMaxWatched at most and none watched before, comes to `push` as soon as it
    /// is known, and its changes after that.
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

    void subscribed(const hub::Topic &topic, const QByteArray &state) override;
    void deliver(const hub::Broadcast &broadcast) override;
    bool isAwaited(const QByteArray &topic) const;
    void settle(Requests::iterator request);
    void pushWithheld(const Request &late) const;
    QByteArray rows(const std::vector<UserId> &users) const;

    hub::Hub &m_hub;
    eventloop::DeadlineWheel &m_deadlines;
    std::function<void(const QByteArray &, quint64)> m_push;
    QHash<UserId, hub::UserTopic *> m_topics;
    Requests m_requests;
};

} // namespace presence::channels
