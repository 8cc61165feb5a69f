// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/tlscontext.h"

#include <QByteArray>

#include <span>

struct iovec;

namespace presence::transport {

/// The TLS of one connection, on a non-blocking descriptor that its owner closes. The handshake is
/// done by reading. What the kernel does not take waits here, encrypted: at most a record, and what
/// the handshake says.
class TlsSession
{
public:
    TlsSession(TlsContext::Session session, int descriptor);
    Q_DISABLE_COPY_MOVE(TlsSession)

    enum class Status : quint8 { Done, Blocked, Ended, Broken };
    struct Read
    {
        Status status; ///< Done: there are bytes
        std::span<char> bytes;
    };
    /// As much as `buffer` takes of what has come, decrypted, but no more than a turn's share.
    Read read(std::span<char> buffer);
    /// read() may have more to say than the descriptor knows.
    bool hasUnread() const;

    /// Takes over what fits into a record, and writes it; returns how much. After flush() was Done.
    qsizetype write(std::span<const iovec> vectors);
    /// What was taken over and is not written yet. Done: nothing of it.
    Status flush();

    /// Encrypted bytes that wait for the kernel.
    qsizetype unwritten() const { return m_unwritten.size(); }
    /// Bytes that the kernel has taken.
    qint64 sent() const { return m_sent; }

    /// The handshake has been done. Until then reading that breaks is a handshake that failed.
    bool isEstablished() const { return m_isEstablished; }

    /// Says that nothing more will be written.
    void shutdown();

private:
    friend struct TlsIo;
    Status statusOf(int result);
    Status refuse();
    qsizetype send(const char *bytes, qsizetype size);

    TlsContext::Session m_session;
    QByteArray m_unwritten;
    qint64 m_sent = 0;
    qint64 m_received = 0; ///< encrypted bytes
    qint64 m_data = 0; ///< bytes that read() has given
    int m_descriptor;
    int m_readable = 0; ///< bytes that this turn may still read from the descriptor
    int m_controlRecords = 0; ///< since the handshake
    Status m_end = Status::Done; ///< else what the next read() says
    bool m_isEstablished = false;
    bool m_hasPeerEnded = false;
    bool m_isBroken = false; ///< the kernel takes nothing any more
    bool m_isShutDown = false;
};

} // namespace presence::transport
