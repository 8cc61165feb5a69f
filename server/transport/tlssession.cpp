// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/tlssession.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace presence::transport {

/// Of a record: frames are put together, since each record costs a system call and 22 bytes.
static constexpr size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;
/// Encrypted bytes a turn: records that bring nothing to read cost time as well.
static constexpr int kReadPerTurn = 64 * 1024;
/// Of a handshake, which OpenSSL takes the square of to look at: clients need 4 KiB at most, with
/// keys that withstand quantum computers.
static constexpr int kMostHandshake = 8 * 1024;
/// New keys and the like that a client may send: real ones need a new key after millions of
/// records. Each costs as much as a message, which nobody counts.
static constexpr int kMostControlRecords = 32;
/// Encrypted bytes beside the data, as many for each byte of it, and at first.
static constexpr qint64 kMostOverhead = 8;
static constexpr qint64 kFirstOverhead = 64 * 1024;
/// At a time: what was read ahead is looked at whole.
static constexpr int kReadAtOnce = 4 * 1024;

static constexpr char kNotTls[] = "HTTP/1.1 400 Bad Request\r\n"
                                  "Content-Type: text/plain\r\n"
                                  "Content-Length: 36\r\n"
                                  "Connection: close\r\n\r\n"
                                  "This port speaks TLS: use https://.\n";

/// The session's side of OpenSSL's input and output. Writing never blocks: so nothing that OpenSSL
/// does has to be done again once the kernel takes more.
struct TlsIo
{
    static TlsSession &sessionOf(BIO *bio) { return *static_cast<TlsSession *>(BIO_get_data(bio)); }

    static int write(BIO *bio, const char *bytes, int size)
    {
        TlsSession &session = sessionOf(bio);
        qsizetype sent = 0;
        if (session.m_unwritten.isEmpty() && !session.m_isBroken)
            sent = session.send(bytes, size);
        if (session.m_isBroken)
            return -1;
        session.m_unwritten.append(bytes + sent, size - sent);
        return size;
    }

    static int read(BIO *bio, char *bytes, int size)
    {
        TlsSession &session = sessionOf(bio);
        BIO_clear_retry_flags(bio);
        const bool isShakingHands
            = !session.m_isEstablished && !SSL_is_init_finished(session.m_session.get());
        const qint64 left = isShakingHands ? kMostHandshake - session.m_received : kReadAtOnce;
        if (left <= 0)
            return -1;
        const int most = static_cast<int>(std::min<qint64>({size, session.m_readable, left}));
        ssize_t count = -1;
        errno = EAGAIN;
        if (most > 0) {
            do {
                count = ::recv(session.m_descriptor, bytes, static_cast<size_t>(most), 0);
            } while (count < 0 && errno == EINTR);
        }
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            BIO_set_retry_read(bio);
        session.m_hasPeerEnded = count == 0;
        if (count > 0) {
            session.m_readable -= static_cast<int>(count);
            session.m_received += count;
        }
        return static_cast<int>(count);
    }

    static long control(BIO *bio, int command, long, void *)
    {
        if (command == BIO_CTRL_EOF)
            return sessionOf(bio).m_hasPeerEnded ? 1 : 0;
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    /// Told of every record. In TLS 1.3 all of them look like data; what they are is said inside.
    static void recordSeen(int isWritten, int version, int what, const void *bytes, size_t size,
                           SSL *ssl, void *argument)
    {
        auto *session = static_cast<TlsSession *>(argument);
        if (isWritten || size == 0 || (!session->m_isEstablished && !SSL_is_init_finished(ssl))
            || what != (version == TLS1_3_VERSION ? SSL3_RT_INNER_CONTENT_TYPE : SSL3_RT_HEADER))
            return;
        if (*static_cast<const unsigned char *>(bytes) == SSL3_RT_APPLICATION_DATA
            || ++session->m_controlRecords <= kMostControlRecords)
            return;
        // It cannot be ended from here, but neither answers nor is given more.
        session->m_isBroken = true;
        session->m_readable = 0;
    }

    static const BIO_METHOD *method()
    {
        static const BIO_METHOD *const method = [] {
            BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
            BIO_meth_set_write(made, &write);
            BIO_meth_set_read(made, &read);
            BIO_meth_set_ctrl(made, &control);
            return made;
        }();
        return method;
    }
};

TlsSession::TlsSession(TlsContext::Session session, int descriptor)
    : m_session(std::move(session)), m_descriptor(descriptor)
{
    BIO *bio = BIO_new(TlsIo::method());
    if (!bio) {
        m_end = Status::Broken;
        return;
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(m_session.get(), bio, bio);
    SSL_set_accept_state(m_session.get());
    SSL_set_msg_callback(m_session.get(), &TlsIo::recordSeen);
    SSL_set_msg_callback_arg(m_session.get(), this);
}

/// As much as the kernel takes.
qsizetype TlsSession::send(const char *bytes, qsizetype size)
{
    qsizetype done = 0;
    while (done < size) {
        const ssize_t count
            = ::send(m_descriptor, bytes + done, static_cast<size_t>(size - done), MSG_NOSIGNAL);
        if (count >= 0) {
            done += count;
        } else if (errno != EINTR) {
            m_isBroken = errno != EAGAIN && errno != EWOULDBLOCK;
            break;
        }
    }
    m_sent += done;
    return done;
}

TlsSession::Status TlsSession::statusOf(int result)
{
    switch (SSL_get_error(m_session.get(), result)) {
    case SSL_ERROR_WANT_READ:
        return Status::Blocked;
    case SSL_ERROR_ZERO_RETURN:
        return Status::Ended;
    default:
        return refuse();
    }
}

/// Whoever speaks HTTP is told in HTTP what is missing.
TlsSession::Status TlsSession::refuse()
{
    const bool isHttp = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST;
    ERR_clear_error(); // others on this thread speak TLS as well
    if (isHttp && !m_isEstablished) {
        send(kNotTls, sizeof(kNotTls) - 1);
        ::shutdown(m_descriptor, SHUT_WR);
        std::array<char, 4096> rest; // else the kernel resets it, and the answer is lost
        for (int i = 0; i < 16 && ::recv(m_descriptor, rest.data(), rest.size(), 0) > 0; ++i) { }
    }
    return Status::Broken;
}

TlsSession::Read TlsSession::read(std::span<char> buffer)
{
    m_readable = kReadPerTurn;
    size_t filled = 0;
    while (m_end == Status::Done && filled < buffer.size()) {
        ERR_clear_error();
        size_t count = 0;
        const int result
            = SSL_read_ex(m_session.get(), buffer.data() + filled, buffer.size() - filled, &count);
        filled += count;
        m_isEstablished = m_isEstablished || SSL_is_init_finished(m_session.get());
        const Status status = result > 0 ? Status::Done : statusOf(result);
        m_data += static_cast<qint64>(count);
        if (m_isBroken || m_received - m_data > kFirstOverhead + kMostOverhead * m_data)
            m_end = Status::Broken;
        else if (status == Status::Blocked)
            break;
        else
            m_end = status;
    }
    if (filled > 0)
        return {Status::Done, buffer.first(filled)};
    return {m_end == Status::Done ? Status::Blocked : m_end, {}};
}

bool TlsSession::hasUnread() const
{
    return m_end != Status::Done || SSL_has_pending(m_session.get());
}

qsizetype TlsSession::write(std::span<const iovec> vectors)
{
    if (!m_isEstablished) { // to somebody who has not said who it is
        m_isBroken = true;
        return 0;
    }
    thread_local std::array<char, kRecord> record;
    size_t size = 0;
    for (const iovec &vector : vectors) {
        const size_t part = std::min(vector.iov_len, record.size() - size);
        std::memcpy(record.data() + size, vector.iov_base, part);
        size += part;
        if (size == record.size())
            break;
    }
    ERR_clear_error();
    size_t written = 0;
    if (SSL_write_ex(m_session.get(), record.data(), size, &written) > 0)
        return static_cast<qsizetype>(written);
    ERR_clear_error();
    m_isBroken = true;
    return 0;
}

TlsSession::Status TlsSession::flush()
{
    if (!m_unwritten.isEmpty())
        m_unwritten.remove(0, send(m_unwritten.constData(), m_unwritten.size()));
    if (m_isBroken)
        return Status::Broken;
    if (!m_unwritten.isEmpty())
        return Status::Blocked;
    m_unwritten.squeeze();
    return Status::Done;
}

void TlsSession::shutdown()
{
    if (!m_isEstablished || m_end == Status::Broken || std::exchange(m_isShutDown, true))
        return;
    ERR_clear_error();
    SSL_shutdown(m_session.get());
    ERR_clear_error();
}

} // namespace presence::transport
