// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QObject>
#include <QReadWriteLock>
#include <QThread>

#include <chrono>
#include <functional>
#include <memory>

namespace presence::eventloop {

class EpollDispatcher;

/// A thread with one epoll event loop, and the services that live on it.
///
/// Owned by the thread that made it, which alone starts, stops and destroys it. What runs on a
/// shard shares nothing with other shards: values come in through post(), and go out the same way.
class Shard
{
public:
    using Task = std::function<void()>;
    using Factory = std::function<std::unique_ptr<QObject>()>;

    /// The thread is called `shard-<index>`.
    explicit Shard(int index);
    ~Shard(); ///< stops
    Q_DISABLE_COPY_MOVE(Shard)

    /// Starts the thread and has it make its services, before any posted task. What the factory
    /// returns is owned by the shard, lives on its thread and is destroyed there, while the loop
    /// still runs. A shard is started once.
    void start(Factory makeServices);

    /// Ends the tasks posted so far, destroys the services and waits for the thread. Does nothing
    /// when the shard does not run.
    void stop();

    /// Runs `task` on the shard's thread, in the order of posting. From any thread, also while
    /// the shard stops. Posted before start() it waits for it; posted after stop() has begun it
    /// is destroyed without being run.
    ///
    /// Other threads reach a shard only by this: what else posts to one of its objects, such as
    /// a queued connection, may meet a thread that is just ending.
    void post(Task task);

    /// The longest that a timer of the running shard was late since the last call. On the thread
    /// that owns the shard.
    std::chrono::microseconds takeLag();

private:
    QThread m_thread;
    EpollDispatcher *m_dispatcher = nullptr; ///< the thread's
    QReadWriteLock m_posting; ///< read by those who post; a writer is let in before new readers
    bool m_isClosed = false; ///< under m_posting
    QObject m_context; ///< lives on the thread: what tasks are posted to
    std::unique_ptr<QObject> m_services; ///< touched on the thread only
};

} // namespace presence::eventloop
