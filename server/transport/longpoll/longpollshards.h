// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <functional>
#include <mutex>
#include <vector>

namespace presence::transport {

class LongPoll;

/// Where the sessions of each shard are: the kernel gives each request of a client to another one.
/// Safe for all threads.
class LongPollShards
{
public:
    using Task = std::function<void()>;
    /// Runs a task on the thread of one shard, as eventloop::Shard::post() does.
    using Post = std::function<void(Task)>;

    explicit LongPollShards(std::vector<Post> posts);

    size_t count() const { return m_posts.size(); }

    /// What proves that a session's token was made by this process: 12 bytes.
    QByteArray sign(const QByteArray &text) const;

    /// `poll` is null once it goes. On the thread of `shard`.
    void set(size_t shard, LongPoll *poll);

    /// Runs `task` on the thread of `shard`, with what is there.
    void post(size_t shard, std::function<void(LongPoll *)> task);

private:
    LongPoll *at(size_t shard);

    const QByteArray m_key; ///< of sign()
    const std::vector<Post> m_posts;
    std::mutex m_mutex; ///< of m_polls, each of which is used on its own thread
    std::vector<LongPoll *> m_polls;
};

} // namespace presence::transport
