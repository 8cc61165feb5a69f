// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/transportserver.h"
#include "server/transport/websocket/websocketconnection.h"
#include "tests/support/epolltest.h"

#include <QCoreApplication>
#include <QTest>

namespace presence::transport::test {

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using protocol::CloseCode;

/// Answers "/later" when told to, never "/never", "/429" with that, and the rest at once with
/// "<method> <path>\n<body>".
class TestRequests final : public RequestHandler
{
public:
    /// "/nobody" takes no body.
    bool wantsBody(const HttpRequest &head) override { return head.path() != "/nobody"; }
    bool isOfSession(const HttpRequest &request) override { return request.path() == "/session"; }
    void handle(const HttpRequest &request, Answer answer) override
    {
        ++seen;
        if (request.path() == "/later")
            waiting.append(std::move(answer));
        else if (request.path() == "/429")
            answer(problem(429, u"Too much."_s));
        else if (request.path() == "/large")
            answer({200, {}, QByteArray(largeSize, 'x')});
        else if (request.path() != "/never")
            answer({200, {}, request.method + ' ' + request.path() + '\n' + request.body});
    }

    int seen = 0;
    qsizetype largeSize = 8 * 1024 * 1024;
    QList<Answer> waiting;
};

/// What happened to all WebSockets of a test.
struct WebSocketLog
{
    int handlers = 0; ///< alive
    QByteArrayList messages;
    QList<CloseCode> closed;
    WebSocketConnection *latest = nullptr; ///< valid until its closed()
    QSet<WebSocketConnection *> open;
    limits::Payer payer; ///< whose they are
};

/// Sends back what comes. "abort", "close", "flood" and "changes" do as they say.
class EchoHandler final : public WebSocketHandler
{
public:
    explicit EchoHandler(WebSocketLog &log) : WebSocketHandler(log.payer), m_log(log)
    {
        ++m_log.handlers;
    }
    ~EchoHandler() override { --m_log.handlers; }

    void opened(ClientTransport &transport) override
    {
        m_connection = static_cast<WebSocketConnection *>(&transport);
        m_log.latest = m_connection;
        m_log.open.insert(m_connection);
    }
    void textMessage(QByteArrayView text) override
    {
        m_log.messages.append(text.toByteArray());
        m_connection->sendText(text);
        if (text == "abort")
            m_connection->abort();
        else if (text == "close")
            m_connection->close(CloseCode::Normal, "bye");
        else if (text == "flood")
            for (int i = 0; i < 1000; ++i)
                m_connection->sendText(QByteArray(16 * 1024, 'x'));
        else if (text == "changes")
            sendChanges();
    }
    void binaryMessage(QByteArrayView bytes) override
    {
        m_connection->send(encodeFrame(Opcode::Binary, bytes));
    }
    void closed(CloseCode code) override
    {
        m_log.closed.append(code);
        m_log.open.remove(m_connection);
    }

private:
    /// 16 MB, each of which supersedes the one before, and another at the end.
    void sendChanges()
    {
        for (int i = 1; i <= 256; ++i)
            m_connection->sendText(QByteArray::number(i) + " of 256" + QByteArray(64 * 1024, ' '),
                                   1);
        m_connection->sendText("the last", 2);
    }

    WebSocketLog &m_log;
    WebSocketConnection *m_connection = nullptr;
};

/// Lets everybody open "/ws", with "phoenix" as the subprotocol. "/401" and the like are refused
/// so.
class TestUpgrades final : public UpgradeHandler
{
public:
    bool isAt(const HttpRequest &request) const override { return request.path() == "/ws"; }
    UpgradeDecision decide(const HttpRequest &request) override
    {
        decided.append(request.target);
        if (request.path() == "/ws")
            return UpgradeAcceptance{"phoenix"_ba, std::make_unique<EchoHandler>(log)};
        bool isStatus = false;
        const int status = request.path().sliced(1).toInt(&isStatus);
        return problem(isStatus ? status : 404, u"No."_s);
    }

    QByteArrayList decided;
    WebSocketLog log;
};

/// A server on a port of its own, in this process.
struct TransportFixture
{
    explicit TransportFixture(const TransportConfig &config = {},
                              const limits::Limits &limits = {.addressUnauthenticated = {}})
        : limiter(limits),
          server(std::make_unique<TransportServer>(config, requests, upgrades, wheel, limiter))
    {
        port = server->listen(QHostAddress(QHostAddress::LocalHost), 0).value_or(0);
    }

    const TransportCounters &counters() const { return server->counters(); }

    TestRequests requests;
    TestUpgrades upgrades;
    eventloop::DeadlineWheel wheel{5ms};
    limits::Limiter limiter;
    std::unique_ptr<TransportServer> server;
    quint16 port = 0;
};

/// A client that says exactly the bytes it is given.
class RawClient : public QTcpSocket
{
public:
    explicit RawClient(quint16 port)
    {
        connectToHost(QHostAddress(QHostAddress::LocalHost), port);
        connect(this, &QTcpSocket::readyRead, this, [this] { received += readAll(); });
    }

    bool hasEnded() const { return state() == UnconnectedState; }
    qsizetype answers() const
    {
        return received.count("HTTP/1.1 ") - received.count(" 100 Continue");
    }

    QByteArray received;
};

inline QByteArray get(const QByteArray &path, const QByteArray &fields = {})
{
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

inline QByteArray handshake(const QByteArray &path, const QByteArray &fields = {})
{
    return get(path,
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   + fields);
}

} // namespace presence::transport::test
