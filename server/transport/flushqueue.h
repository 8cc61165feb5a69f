// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QObject>

#include <vector>

namespace presence::transport {

class WebSocketConnection;

/// The connections of a shard that have something to write. All are written by one queued call in
/// the next loop pass, so what is sent within a pass leaves in one write a connection.
/// Used on one thread; owns no connection.
class FlushQueue
{
public:
    FlushQueue() = default;
    Q_DISABLE_COPY_MOVE(FlushQueue)

    /// Nothing happens when it is queued already.
    void add(WebSocketConnection &connection);
    void remove(WebSocketConnection &connection);

private:
    void flushAll();

    std::vector<WebSocketConnection *> m_waiting; ///< null where one was removed
    std::vector<WebSocketConnection *> m_flushing; ///< empty between passes; keeps its memory
    QObject m_passContext; ///< what the queued flushAll() is bound to
};

} // namespace presence::transport
