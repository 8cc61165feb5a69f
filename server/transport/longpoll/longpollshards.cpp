// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/longpoll/longpollshards.h"

#include <QMessageAuthenticationCode>
#include <QRandomGenerator>

#include <array>

namespace presence::transport {

static QByteArray makeKey()
{
    std::array<quint32, 8> random{};
    QRandomGenerator::system()->generate(random.begin(), random.end());
    return {reinterpret_cast<const char *>(random.data()), sizeof(random)};
}

LongPollShards::LongPollShards(std::vector<Post> posts)
    : m_key(makeKey()), m_posts(std::move(posts)), m_polls(m_posts.size())
{
}

QByteArray LongPollShards::sign(const QByteArray &text) const
{
    return QMessageAuthenticationCode::hash(text, m_key, QCryptographicHash::Sha256).first(12);
}

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
