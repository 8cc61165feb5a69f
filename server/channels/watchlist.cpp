// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/watchlist.h"

#include <algorithm>

namespace presence::channels {

WatchList::WatchList(hub::Hub &hub, qsizetype max, std::function<void(const QByteArray &)> push)
    : m_hub(hub), m_max(max), m_push(std::move(push))
{
}

WatchList::~WatchList()
{
    for (hub::Topic *topic : std::as_const(m_topics))
        m_hub.leave(*topic, *this);
}

bool WatchList::add(const std::vector<UserId> &users)
{
    const auto fresh = std::count_if(users.begin(), users.end(), [this](const UserId &user) {
        return !m_topics.contains(user);
    });
    if (m_topics.size() + fresh > m_max)
        return false;
    for (const UserId &user : users) {
        if (!m_topics.contains(user))
            m_topics.insert(user, &m_hub.joinUser(user, *this));
    }
    return true;
}

void WatchList::remove(const std::vector<UserId> &users)
{
    for (const UserId &user : users) {
        if (hub::Topic *topic = m_topics.take(user))
            m_hub.leave(*topic, *this);
    }
}

} // namespace presence::channels
