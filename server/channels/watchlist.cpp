// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/watchlist.h"

#include "shared/protocol/limits.h"

#include <algorithm>

namespace presence::channels {

/// Users whose topics are joined in one pass of the event loop.
static constexpr int kJoinedAtOnce = 200;

using namespace Qt::StringLiterals;

WatchList::WatchList(hub::Hub &hub, eventloop::DeadlineWheel &deadlines, limits::Payer payer,
                     Sight sight, std::function<void(const hub::Broadcast &)> push)
    : m_hub(hub), m_deadlines(deadlines), m_payer(std::move(payer)), m_sight(std::move(sight)),
      m_push(std::move(push))
{
}

WatchList::~WatchList()
{
    for (hub::UserTopic *topic : std::as_const(m_topics)) {
        if (topic)
            m_hub.leave(*topic, *this);
    }
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
        const hub::UserTopic *topic = m_topics.value(user);
        if (!topic || !topic->isReady())
            request->missing.insert(hub::UserTopic::nameOf(user));
    }
    settle(request);
    follow(users);
}

void WatchList::follow(const std::vector<UserId> &users)
{
    for (const UserId &user : users) {
        if (m_topics.contains(user))
            continue;
        m_topics.insert(user, nullptr);
        m_toJoin.push_back(user);
    }
    joinSome();
}

/// Thousands at once would keep everybody else on this thread waiting.
void WatchList::joinSome()
{
    for (int i = 0; i < kJoinedAtOnce && !m_toJoin.empty(); ++i) {
        const UserId user = m_toJoin.front();
        m_toJoin.pop_front();
        // It may have been removed since, or be in the list twice for that.
        const auto waiting = m_topics.constFind(user);
        if (waiting == m_topics.cend() || *waiting)
            continue;
        // One that is ready subscribes it from within.
        hub::UserTopic &topic = m_hub.joinUser(user, *this, m_sight.withinOf(user));
        m_topics[user] = &topic;
        if (topic.isReady())
            found(topic);
    }
    if (m_toJoin.empty() || std::exchange(m_isJoining, true))
        return;
    QMetaObject::invokeMethod(
        &m_passContext,
        [this] {
            m_isJoining = false;
            joinSome();
        },
        Qt::QueuedConnection);
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
        if (const hub::UserTopic *topic = m_topics.value(user); topic && topic->isReady())
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
    // From within joinUser() it is not known yet here.
    if (m_topics.value(UserId(topic.name().sliced(5))))
        found(static_cast<const hub::UserTopic &>(topic));
}

/// What others see of a user is known.
void WatchList::found(const hub::UserTopic &topic)
{
    if (!isAwaited(topic.name()))
        return pushState(topic); // too late for its answer, or nobody has asked
    for (auto it = m_requests.begin(); it != m_requests.end();) {
        const auto request = it++;
        if (request->missing.remove(topic.name()))
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
        const auto entry = m_topics.find(user);
        if (entry == m_topics.end())
            continue;
        hub::UserTopic *topic = *entry;
        m_topics.erase(entry);
        const QByteArray name = hub::UserTopic::nameOf(user);
        for (auto it = m_requests.begin(); it != m_requests.end();) {
            const auto request = it++;
            if (request->missing.remove(name))
                settle(request);
        }
        if (topic)
            m_hub.leave(*topic, *this);
        (void)m_payer.holdWatched(-1);
        --m_held;
    }
}

} // namespace presence::channels
