// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/descriptoruser.h"
#include "server/transport/tlssession.h"

#include <memory>
#include <span>

namespace presence::transport {

class Outbox;
/// Whoever is told that a TcpStream can be read or written. Both may close the stream; neither may
/// destroy it.
using StreamUser = eventloop::DescriptorUser;

/// An accepted, non-blocking connection on its own descriptor, watched for reading and, only while
/// something waits to be written, for writing.
///
/// Owns the descriptor. Used on one thread, which has an EpollDispatcher. Never buffers: what is
/// read goes to the caller's memory, what is written comes from the caller's Outbox. With TLS a
/// record of either is all that it holds.
class TcpStream
{
public:
    /// NoTls: broken before it was encrypted.
    enum class ReadStatus : quint8 { Data, Nothing, Ended, Broken, NoTls };
    struct ReadResult
    {
        ReadStatus status;
        std::span<char> bytes; ///< the filled part of the buffer
    };
    enum class WriteStatus : quint8 { Done, Blocked, Broken };
    struct WriteResult
    {
        WriteStatus status;
        qint64 sent = 0; ///< bytes that the kernel has taken, encrypted where they are
    };

    explicit TcpStream(int descriptor);
    /// The watch comes along; use() names the new user.
    TcpStream(TcpStream &&other) noexcept;
    TcpStream &operator=(TcpStream &&) = delete;
    ~TcpStream();

    /// Before use(): speaks TLS from the first byte on. False for a null session.
    bool encrypt(TlsContext::Session session);

    /// Starts reading, and tells `user` from now on. It must outlive the stream or its close().
    void use(StreamUser &user);

    /// Whether the user is told of bytes to read. On after use().
    void watchReading(bool on);
    /// Whether the user is told of room to write. Off after use().
    void watchWriting(bool on);
    bool isWatchingWriting() const { return m_isWatchingWriting; }

    ReadResult read(std::span<char> buffer);
    /// Writes as much of `outbox` as the kernel takes.
    WriteResult write(Outbox &outbox);
    /// Bytes that are no longer in the outbox, and that the kernel has not taken: of one record of
    /// TLS, and of a handshake.
    qsizetype unwritten() const;

    /// Tells the peer that nothing more will be written. Reading goes on.
    void shutdownWriting();
    /// Ends the connection at once. What the kernel has taken is still delivered, unless the peer
    /// has sent something that was not read. Safe from within readable() and writable().
    void close();

private:
    void watch();
    void readUnread();
    ReadResult readTls(std::span<char> buffer);
    WriteResult writeTls(Outbox &outbox);

    std::unique_ptr<TlsSession> m_tls;
    StreamUser *m_user = nullptr;
    int m_descriptor;
    bool m_isWatchingReading = false;
    bool m_isWatchingWriting = false;
};

} // namespace presence::transport
