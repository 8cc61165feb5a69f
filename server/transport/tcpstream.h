// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/tlssession.h"

#include <QHostAddress>

#include <memory>
#include <span>

namespace presence::transport {

class Outbox;
class StreamNotifier;

/// Whoever is told that a TcpStream can be read or written. Both may close the stream; neither may
/// destroy it.
class StreamUser
{
public:
    virtual void readable() = 0;
    virtual void writable() = 0;

protected:
    ~StreamUser() = default;
};

/// An accepted, non-blocking connection on its own descriptor, with a notifier for reading and,
/// only while something waits to be written, one for writing.
///
/// Owns the descriptor. Used on one thread, which has an event loop. Never buffers: what is read
/// goes to the caller's memory, what is written comes from the caller's Outbox. With TLS a record
/// of either is all that it holds.
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

    TcpStream(int descriptor, const QHostAddress &peer);
    /// The notifiers come along; use() names the new user. The peer stays known on both sides.
    TcpStream(TcpStream &&other) noexcept;
    TcpStream &operator=(TcpStream &&) = delete;
    ~TcpStream();

    /// Before use(): speaks TLS from the first byte on. False for a null session.
    bool encrypt(TlsContext::Session session);

    /// Starts reading, and tells `user` from now on. It must outlive the stream or its close().
    void use(StreamUser &user);

    /// Whether the user is told of bytes to read. On after use().
    void watchReading(bool on);
    /// Whether the user is told of module to write. Off after use().
    void watchWriting(bool on);
    bool isWatchingWriting() const { return m_writeNotifier != nullptr; }

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

    const QHostAddress &peer() const { return m_peer; }

private:
    ReadResult readTls(std::span<char> buffer);
    WriteResult writeTls(Outbox &outbox);

    int m_descriptor;
    std::unique_ptr<TlsSession> m_tls;
    StreamUser *m_user = nullptr;
    std::unique_ptr<StreamNotifier> m_readNotifier;
    std::unique_ptr<StreamNotifier> m_writeNotifier;
    QHostAddress m_peer;
    bool m_isWatchingReading = false; ///< to ask the notifier would cost more than most answers
};

} // namespace presence::transport
