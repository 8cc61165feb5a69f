// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/limiter.h"
#include "server/transport/tcpstream.h"

#include "shared/protocol/disconnect.h"

#include <QObject>

#include <memory>
#include <vector>

namespace presence::transport {

class ConnectionTable;

/// A connection of whatever protocol, as its ConnectionTable sees it.
class Connection : public StreamUser
{
public:
    /// `address` has it among its connections; null for none, as that of a proxy.
    Connection(TcpStream stream, limits::AccountPtr address)
        : m_stream(std::move(stream)), m_address(std::move(address))
    {
    }
    virtual ~Connection() = default;
    Q_DISABLE_COPY_MOVE(Connection)

    /// Asks it to end soon and in good order. It may be asked more than once.
    virtual void goAway(protocol::CloseCode code) = 0;

    /// Called once, right before it is destroyed.
    virtual void ended() = 0;

protected:
    TcpStream m_stream;
    const limits::AccountPtr m_address;

private:
    friend class ConnectionTable;
    static constexpr size_t kNoSlot = SIZE_MAX;
    size_t m_slot = kNoSlot; ///< in the table, while it is live
};

/// Owns the connections of a shard, and counts them. One that has ended is destroyed in the next
/// loop pass, so it may retire from within any call. Used on one thread.
class ConnectionTable
{
public:
    explicit ConnectionTable(limits::Limiter &limiter) : m_limiter(limiter) { }
    ~ConnectionTable();
    Q_DISABLE_COPY_MOVE(ConnectionTable)

    void add(std::unique_ptr<Connection> connection);
    /// Takes a connection out; it is told ended() and destroyed in the next pass. Nothing happens
    /// when it was taken out already.
    void retire(Connection &connection);

    size_t size() const { return m_live.size(); }

    /// Asks the connections in [first, last) to go away, from the last to the first; both are cut
    /// to size(). A caller that goes from size() down to 0 misses none that was there at the start.
    void askToGo(size_t first, size_t last, protocol::CloseCode code);

private:
    void sweep();

    void count(const Connection &connection, int change);

    limits::Limiter &m_limiter;
    std::vector<std::unique_ptr<Connection>> m_live;
    std::vector<std::unique_ptr<Connection>> m_retired;
    QObject m_passContext; ///< what the queued sweep() is bound to
};

} // namespace presence::transport
