// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QObject>
#include <QTimer>

#include <chrono>
#include <functional>
#include <vector>

namespace presence::transport {

class WebSocketConnection;

/// The connections of a shard that have something to write. All are written by one queued call, so
/// what is sent within a pass of the loop leaves in one write a connection. The sockets are looked
/// at once more before: an answer of Redis and what it publishes come over two connections, a
/// moment apart.
///
/// A message to many does not wait until the last of them has it queued: they are written kEager at
/// a time, as long as none of them is to get a second message in the same pass.
///
/// Writing is nearly all that a message to many costs, and a write of several messages costs little
/// more than a write of one. So after a pass that took long the next one waits a moment for what
/// is under way; when there is little to do nothing waits.
/// Used on one thread; owns no connection.
class FlushQueue
{
public:
    using Clock = std::chrono::steady_clock;

    /// `now` is what a pass is measured with.
    explicit FlushQueue(Clock::time_point (*now)() = &Clock::now);
    Q_DISABLE_COPY_MOVE(FlushQueue)

    /// Nothing happens when it is queued already.
    void add(WebSocketConnection &connection);
    void remove(WebSocketConnection &connection);

private:
    static constexpr size_t kEager = 64;

    void schedule();
    void post(std::function<void()> call);
    void write();
    void flushAll();

    Clock::time_point (*m_now)();
    std::vector<WebSocketConnection *> m_waiting; ///< null where one was removed
    std::vector<WebSocketConnection *> m_flushing; ///< empty between passes; keeps its memory
    QObject m_passContext; ///< what the queued flushAll() is bound to
    bool m_isScheduled = false; ///< flushAll() is due
    bool m_isEager = true; ///< in this pass
    quint32 m_pass = 1;
    Clock::duration m_spent{}; ///< on writing in this pass
    QTimer m_pause;
    Clock::time_point m_notBefore; ///< of the next pass
};

} // namespace presence::transport
