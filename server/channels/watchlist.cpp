// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/watchlist.h"

#include "shared/protocol/limits.h"

#include <algorithm>

namespace presence::channels {

using namespace Qt::StringLiterals;

WatchList::WatchList(hub::Hub &hub, eventloop::DeadlineWheel &deadlines, limits::Payer payer,
                     std::function<void(const hub::Broadcast &)> push)
    : m_hub(hub), m_deadlines(deadlines), m_payer(std::move(payer)), m_push(std::move(push))
{
}

WatchList::~WatchList()
{
    for (hub::UserTopic *topic : std::as_const(m_topics))
        m_hub.leave(*topic, *this);
    (void)m_payer.holdWatched(-m_held);
}

Result<void> WatchList::reserve(size_t count)
{
    const auto more = static_cast<int>(count);
    return m_payer.holdWatched(more).map([this, more] { m_held += more; });
}

void WatchList::add(const std::vector<UserId> &users, Callback<QByteArray> answer)
{
    const auto fresh = std::count_if(users.begin(), users.end(), [this](const UserId &user) {
        return !m_topics.contains(user);
    });
    if (m_topics.size() + fresh > limits::kMaxWatched)
        return answer(fail(ErrorCode::RateLimited, u"watching too many users"_s));
    if (const auto may = reserve(static_cast<size_t>(fresh)); !may)
        return answer(Failure(may.error()));
    const auto request
        = m_requests.insert(m_requests.end(), {.users = users, .answer = std::move(answer)});
    for (const UserId &user : users) {
        hub::UserTopic *&topic = m_topics[user];
        // Awaited before it is joined: a topic that is ready subscribes it from within.
        request->missing.insert(hub::UserTopic::nameOf(user));
        if (!topic)
            topic = &m_hub.joinUser(user, *this);
        if (topic->isReady())
            request->missing.remove(topic->name());
    }
    settle(request);
}

void WatchList::follow(const std::vector<UserId> &users)
{
    for (const UserId &user : users)
        m_topics[user] = &m_hub.joinUser(user, *this);
}

void WatchList::settle(Requests::iterator request)
{
    if (request->missing.isEmpty()) {
        const Request done = std::move(*request);
        m_requests.erase(request);
        done.answer(rows(done.users));
    } else if (!request->deadline) {
        request->deadline = std::make_unique<eventloop::Deadline>([this, request] {
            const Request late = std::move(*request);
            m_requests.erase(request);
            late.answer(fail(ErrorCode::Unavailable, u"unavailable"_s));
            pushWithheld(late);
        });
        m_deadlines.arm(*request->deadline, limits::kTopicDeadline);
    }
}

QByteArray WatchList::rows(const std::vector<UserId> &users) const
{
    QByteArrayList list;
    for (const UserId &user : users) {
        if (const hub::UserTopic *topic = m_topics.value(user))
            list.append(topic->state());
    }
    return '[' + list.join(',') + ']';
}

/// What was left to an answer that has failed, unless another one will still hold it.
void WatchList::pushWithheld(const Request &late) const
{
    for (const UserId &user : late.withheld) {
        const bool isStillToCome = std::ranges::any_of(m_requests, [&user](const Request &request) {
            return request.withheld.contains(user);
        });
        const hub::UserTopic *topic = m_topics.value(user);
        if (topic && !isStillToCome)
            pushState(*topic);
    }
}

void WatchList::pushState(const hub::UserTopic &topic) const
{
    m_push(hub::Broadcast(topic.name(), protocol::event::kPresenceUpdate, topic.state()));
}

bool WatchList::isAwaited(const QByteArray &topic) const
{
    return std::any_of(m_requests.begin(), m_requests.end(), [&topic](const Request &request) {
        return request.missing.contains(topic);
    });
}

void WatchList::subscribed(const hub::Topic &topic, const QByteArray &)
{
    if (!isAwaited(topic.name()))
        return pushState(static_cast<const hub::UserTopic &>(topic)); // too late for its answer
    for (auto it = m_requests.begin(); it != m_requests.end();) {
        const auto request = it++;
        // One that is still being added has no deadline yet, and settles itself.
        if (request->missing.remove(topic.name()) && request->deadline)
            settle(request);
    }
}

void WatchList::deliver(const hub::Broadcast &broadcast)
{
    bool isWithheld = false;
    for (Request &request : m_requests) {
        const auto user = std::ranges::find_if(request.users, [&broadcast](const UserId &each) {
            return hub::UserTopic::isOf(each, broadcast.topic());
        });
        if (user == request.users.end())
            continue;
        request.withheld.insert(*user);
        isWithheld = true;
    }
    if (!isWithheld)
        m_push(broadcast);
}

void WatchList::remove(const std::vector<UserId> &users)
{
    for (const UserId &user : users) {
        hub::UserTopic *topic = m_topics.take(user);
        if (!topic)
            continue;
        for (auto it = m_requests.begin(); it != m_requests.end();) {
            const auto request = it++;
            if (request->missing.remove(topic->name()))
                settle(request);
        }
        m_hub.leave(*topic, *this);
        (void)m_payer.holdWatched(-1);
        --m_held;
    }
}

} // namespace presence::channels
