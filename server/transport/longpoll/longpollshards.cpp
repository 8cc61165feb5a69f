// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/longpoll/longpollshards.h"

namespace presence::transport {

void LongPollShards::set(size_t shard, LongPoll *poll)
{
    const std::scoped_lock lock(m_mutex);
    m_polls[shard] = poll;
}

LongPoll *LongPollShards::at(size_t shard)
{
    const std::scoped_lock lock(m_mutex);
    return m_polls[shard];
}

void LongPollShards::post(size_t shard, std::function<void(LongPoll *)> task)
{
    m_posts[shard]([this, shard, task = std::move(task)] { task(at(shard)); });
}

} // namespace presence::transport
