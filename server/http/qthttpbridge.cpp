// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/qthttpbridge.h"

#include "server/http/memorysocket.h"
#include "server/http/responsereader.h"

#include <QTcpServer>

#include <algorithm>
#include <array>
#include <utility>

namespace presence::http {

using namespace Qt::StringLiterals;
using transport::HttpHeaders;
using transport::HttpRequest;
using transport::HttpResponse;
using transport::problem;

static constexpr char kPeerField[] = "Presence-Peer";

/// A server that hands out sockets it is given.
class QtHttpBridge::MemoryServer final : public QTcpServer
{
public:
    void offer(QTcpSocket *socket)
    {
        m_offered = socket;
        // The signal is private to QTcpServer. addPendingConnection() would send it too, but keep
        // the socket, and warn that nobody listens when it is fetched.
        QMetaObject::invokeMethod(this, "pendingConnectionAvailable", Qt::DirectConnection);
    }

    bool hasPendingConnections() const override { return m_offered; }
    QTcpSocket *nextPendingConnection() override { return std::exchange(m_offered, nullptr); }

private:
    QTcpSocket *m_offered = nullptr;
};

/// One socket in memory, and the request in it.
class QtHttpBridge::Lane
{
public:
    explicit Lane(QtHttpBridge &bridge)
        : m_bridge(bridge),
          m_socket(new MemorySocket([this](QByteArrayView bytes) { written(bytes); },
                                    bridge.m_listener)),
          m_deadline([this] { expired(); })
    {
        m_bridge.m_listener->offer(m_socket);
    }
    /// QHttpServer frees what it keeps for a socket when that is disconnected.
    ~Lane() { m_socket->disconnectFromHost(); }
    Q_DISABLE_COPY_MOVE(Lane)

    void serve(const QByteArray &request, Answer answer)
    {
        m_answer = std::move(answer);
        m_bridge.m_wheel.arm(m_deadline, m_bridge.m_config.answerDeadline);
        m_isFeeding = true;
        m_socket->feed(request);
        m_isFeeding = false;
        if (m_isAnswered)
            release();
    }

private:
    void written(QByteArrayView bytes)
    {
        m_reader.feed(bytes);
        if (m_isAnswered || !m_reader.isComplete())
            return;
        m_isAnswered = true;
        m_deadline.cancel();
        // A socket is not used again before the code that writes to it has returned.
        if (!m_isFeeding)
            QMetaObject::invokeMethod(
                m_socket, [this] { release(); }, Qt::QueuedConnection);
        if (const Answer answer = std::exchange(m_answer, {}))
            answer(m_reader.take());
    }

    void release()
    {
        if (m_reader.isComplete())
            m_reader.take(); // nobody waited for it any more
        m_isAnswered = false;
        m_bridge.m_idle.push_back(this);
    }

    /// The lane stays out of use until the answer, which may still come, has been read.
    void expired() { std::exchange(m_answer, {})(problem(504, u"There was no answer in time."_s)); }

    QtHttpBridge &m_bridge;
    MemorySocket *m_socket; ///< owned by the bridge's listener
    ResponseReader m_reader;
    Answer m_answer; ///< empty once called
    eventloop::Deadline m_deadline;
    bool m_isFeeding = false;
    bool m_isAnswered = false;
};

QtHttpBridge::QtHttpBridge(eventloop::DeadlineWheel &wheel, const Config &config)
    : m_wheel(wheel), m_config(config), m_listener(new MemoryServer)
{
    // bind() warns of a server that does not listen, so this one does for that moment.
    m_listener->listen(QHostAddress(QHostAddress::LocalHost));
    m_server.bind(m_listener);
    m_listener->close();
}

QtHttpBridge::~QtHttpBridge() = default;

/// Fields that are about the connection or the framing, which QHttpServer has no part in.
static bool isPassedOn(const QByteArray &name)
{
    static constexpr std::array kWithheld{"Connection",        "Upgrade",        "Expect",
                                          "Transfer-Encoding", "Content-Length", "Keep-Alive",
                                          kPeerField};
    return std::none_of(kWithheld.begin(), kWithheld.end(), [&name](const char *withheld) {
        return name.compare(withheld, Qt::CaseInsensitive) == 0;
    });
}

static QByteArray serialized(const HttpRequest &request)
{
    QByteArray bytes = request.method + ' ' + request.target + " HTTP/1.1\r\n";
    for (const HttpHeaders::Field &field : request.headers.fields()) {
        if (isPassedOn(field.name))
            bytes.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    bytes.append(kPeerField).append(": ").append(request.peer.toString().toLatin1());
    bytes.append("\r\nContent-Length: ").append(QByteArray::number(request.body.size()));
    return bytes.append("\r\n\r\n").append(request.body);
}

QtHttpBridge::Lane *QtHttpBridge::idleLane()
{
    if (m_idle.empty()) {
        if (laneCount() >= m_config.maxConcurrent)
            return nullptr;
        m_lanes.push_back(std::make_unique<Lane>(*this));
        return m_lanes.back().get();
    }
    Lane *lane = m_idle.back();
    m_idle.pop_back();
    return lane;
}

void QtHttpBridge::handle(const HttpRequest &request, Answer answer)
{
    if (Lane *lane = idleLane())
        return lane->serve(serialized(request), std::move(answer));
    HttpResponse response = problem(503, u"Too many requests are in work."_s);
    response.headers.add("Retry-After"_ba, "1"_ba);
    answer(std::move(response));
}

QHostAddress QtHttpBridge::peerOf(const QHttpServerRequest &request)
{
    return QHostAddress(QString::fromLatin1(request.value(kPeerField)));
}

void answer(QHttpServerResponder &&responder, int status, const QByteArray &body,
            const QByteArray &contentType, const QList<HttpHeaders::Field> &extra)
{
    responder.writeStatusLine(static_cast<QHttpServerResponder::StatusCode>(status));
    if (!contentType.isEmpty())
        responder.writeHeader("Content-Type"_ba, contentType);
    for (const HttpHeaders::Field &field : extra)
        responder.writeHeader(field.name, field.value);
    responder.writeHeader("Content-Length"_ba, QByteArray::number(body.size()));
    responder.writeBody(body);
}

void answer(QHttpServerResponder &&responder, const HttpResponse &response)
{
    answer(std::move(responder), response.status, response.body, {}, response.headers.fields());
}

} // namespace presence::http
