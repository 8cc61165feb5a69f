// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/link.h"

#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"

#include <QLocalSocket>
#include <QPointer>
#include <QSslSocket>
#include <QTcpSocket>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace presence::redis {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kShortestReconnectPause = 50ms;
// Asking a server that is away costs little, and a failover that is over should be noticed.
static constexpr auto kLongestReconnectPause = 1s;
static constexpr auto kLongestLoginPause = 5s;
// A connection that breaks sooner than this after it was ready is as bad as one that never was.
static constexpr std::chrono::milliseconds kStable = 1s;

Link::Link(std::unique_ptr<Locator> locator, ReplyHandler onReply, Log log)
    : m_locator(std::move(locator)), m_log(log), m_onReply(std::move(onReply)),
      m_backoff(kShortestReconnectPause, kLongestReconnectPause),
      m_logins(kLongestReconnectPause, kLongestLoginPause)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Link::onTimer);
    connect(m_locator.get(), &Locator::moved, this, [this] { drop(u"the master has moved"_s); });
    begin();
}

Link::~Link()
{
    closeSocket();
}

void Link::begin()
{
    m_state = State::Locating;
    m_place = m_locator->description();
    m_timer.stop(); // many may have to be asked, each for a while; the locator comes to an end
    m_locator->locate([this](const Result<Endpoint> &endpoint) {
        if (m_state != State::Locating)
            return;
        if (endpoint)
            connectTo(*endpoint);
        else
            drop(endpoint.error().detail);
    });
}

void Link::connectTo(const Endpoint &endpoint)
{
    m_endpoint = endpoint;
    if (m_endpoint.credentials)
        static_cast<Credentials &>(m_endpoint) = m_endpoint.credentials->current();
    m_place = u"Redis at "_s + endpoint.toString();
    m_state = State::Connecting;
    m_reader = std::make_unique<ReplyReader>();
    m_timer.start(m_endpoint.connectTimeout);
    if (m_endpoint.socketPath.isEmpty())
        connectTcp();
    else
        connectUnix();
}

/// Where a path was cut nobody says so: the system asks for a sign of life after a while without
/// any, and gives up what is not acknowledged.
static void keepAlive(int descriptor)
{
    constexpr int kIdle = 15; // s
    constexpr int kInterval = 5; // s
    constexpr int kProbes = 3;
    constexpr unsigned kUnacknowledged = 30'000; // ms
    const auto set = [descriptor](int level, int option, auto value) {
        setsockopt(descriptor, level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, kIdle);
    set(IPPROTO_TCP, TCP_KEEPINTVL, kInterval);
    set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledged);
}

void Link::connectTcp()
{
    const bool isTls = m_endpoint.tls.has_value();
    m_dialer = std::make_unique<Dialer>(
        m_endpoint.host, m_endpoint.port, m_firstAddress,
        [isTls]() -> Dialer::Socket {
            if (isTls)
                return std::make_unique<QSslSocket>();
            return std::make_unique<QTcpSocket>();
        },
        [this](Result<Dialer::Socket> socket) {
            if (socket)
                useTcp(*std::move(socket));
            else
                drop(socket.error().detail);
        });
}

// A broken socket is reported by a queued call, so that no slot of lost() runs inside the socket's
// own functions. By then the socket may be another one.
void Link::useTcp(Dialer::Socket connected)
{
    QTcpSocket *socket = connected.get();
    m_socket = std::move(connected);
    socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    keepAlive(static_cast<int>(socket->socketDescriptor()));
    connect(socket, &QTcpSocket::readyRead, this, &Link::read);
    connect(
        socket, &QTcpSocket::errorOccurred, this,
        [this, socket = QPointer<QTcpSocket>(socket)] {
            if (socket && socket.data() == m_socket.get())
                drop(socket->errorString());
        },
        Qt::QueuedConnection);
    // While it was queued that it is connected, it may have broken.
    if (socket->state() != QAbstractSocket::ConnectedState)
        return drop(socket->errorString());
    if (!m_endpoint.tls)
        return handshake();
    auto *tls = static_cast<QSslSocket *>(socket);
    connect(tls, &QSslSocket::encrypted, this, &Link::handshake);
    tls->setSslConfiguration(*m_endpoint.tls);
    tls->setPeerVerifyName(m_endpoint.host);
    tls->startClientEncryption();
}

void Link::connectUnix()
{
    auto *socket = new QLocalSocket;
    m_socket.reset(socket);
    connect(socket, &QLocalSocket::connected, this, &Link::handshake);
    connect(socket, &QLocalSocket::readyRead, this, &Link::read);
    connect(
        socket, &QLocalSocket::errorOccurred, this,
        [this, socket = QPointer<QLocalSocket>(socket)] {
            if (socket && socket.data() == m_socket.get())
                drop(socket->errorString());
        },
        Qt::QueuedConnection);
    socket->connectToServer(m_endpoint.socketPath);
}

bool Link::isClosedByServer() const
{
    qintptr descriptor = -1;
    if (const auto *tcp = qobject_cast<QTcpSocket *>(m_socket.get()))
        descriptor = tcp->socketDescriptor();
    else if (const auto *local = qobject_cast<QLocalSocket *>(m_socket.get()))
        descriptor = local->socketDescriptor();
    pollfd look{static_cast<int>(descriptor), POLLRDHUP, 0};
    return descriptor < 0 || (poll(&look, 1, 0) > 0 && look.revents != 0);
}

void Link::write(const QByteArray &commands)
{
    m_socket->write(commands);
    if (auto *tcp = qobject_cast<QTcpSocket *>(m_socket.get()))
        tcp->flush();
    else if (auto *local = qobject_cast<QLocalSocket *>(m_socket.get()))
        local->flush();
}

void Link::onTimer()
{
    if (m_state == State::Waiting)
        begin();
    else if (m_state == State::Loading)
        ping();
    else
        drop(u"no answer within %1 ms"_s.arg(m_endpoint.connectTimeout.count()));
}

void Link::read()
{
    const QPointer<Link> self(this);
    QIODevice *socket = m_socket.get();
    // A write inside of a reply handler may find bytes to read.
    const bool outer = std::exchange(m_reading, true);
    char slice[ReplyReader::kSlice];
    qint64 size = 0;
    while ((size = socket->read(slice, sizeof slice)) > 0) {
        m_reader->feed({slice, qsizetype(size)});
        if (!deliver(socket))
            break;
    }
    if (self)
        m_reading = outer;
}

// False when the socket has been given up meanwhile, perhaps with all of this object.
bool Link::deliver(const QIODevice *from)
{
    const QPointer<Link> self(this);
    while (self && m_socket.get() == from) {
        Result<std::optional<Reply>> reply = m_reader->next();
        if (!reply)
            drop(reply.error().detail);
        else if (!*reply)
            return true;
        else if (m_state == State::Ready)
            m_onReply(std::move(**reply));
        else
            onHandshake(**reply);
    }
    return false;
}

void Link::drop(const QString &why, std::optional<std::chrono::milliseconds> pause)
{
    const bool wasReady = isReady();
    if (m_state == State::Handshake || m_state == State::Loading
        || (m_state == State::Connecting && m_socket))
        ++m_firstAddress;
    if (wasReady && m_sinceReady.hasExpired(kStable.count()))
        m_backoff.reset();
    closeSocket();
    m_state = State::Waiting;
    m_timer.start(pause ? *pause : m_backoff.next());
    warnOnce(why);
    if (wasReady)
        Q_EMIT lost();
    else
        Q_EMIT failed(why);
}

void Link::hurry()
{
    m_logins.reset();
    if (m_state == State::Waiting)
        m_timer.start(0);
}

// Attempts go on for ever; the log gets a line when their outcome changes.
void Link::warnOnce(const QString &what)
{
    if (what == m_lastWarning || m_log == Log::Nothing)
        return;
    m_lastWarning = what;
    const QString text = m_place + u": "_s + what;
    if (mayLog(text))
        qCWarning(lcRedis).noquote() << text;
}

void Link::closeSocket()
{
    m_dialer.reset();
    if (!m_socket)
        return;
    m_socket->disconnect(this);
    if (m_reading)
        m_socket.release()->deleteLater();
    else
        m_socket.reset();
}

} // namespace presence::redis
