// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/channels/phoenixsocket.h"
#include "server/transport/transportserver.h"
#include "shared/protocol/json.h"
#include "tests/unit/channels/hubfixture.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>
#include <QWebSocket>

namespace presence::channels::test {

using namespace Qt::StringLiterals;

/// Lets everybody in as `caller`.
class OpenDoor final : public transport::UpgradeHandler
{
public:
    OpenDoor(Services &services, auth::Caller caller)
        : m_services(services), m_caller(std::move(caller))
    {
    }
    bool isAt(const transport::HttpRequest &) const override { return true; }
    transport::UpgradeDecision decide(const transport::HttpRequest &request) override
    {
        const auto vsn = request.path() == "/v1" ? protocol::Vsn::V1 : protocol::Vsn::V2;
        return transport::UpgradeAcceptance{
            {}, std::make_unique<PhoenixSocket>(m_services, m_caller, vsn)};
    }

private:
    Services &m_services;
    auth::Caller m_caller;
};

class NoRequests final : public transport::RequestHandler
{
public:
    bool wantsBody(const transport::HttpRequest &) override { return true; }
    void handle(const transport::HttpRequest &, Answer answer) override { answer({404, {}, {}}); }
};

/// A server of PhoenixSockets that have no Redis: topics never become ready, unless the test says
/// what they are.
struct SocketFixture : HubFixture
{
    explicit SocketFixture(auth::Caller caller = {.user = kAnna})
        : door(services, std::move(caller))
    {
        port = server.listen(QHostAddress(QHostAddress::LocalHost), 0).value_or(0);
    }

    redis::Client redis{nowhere(), 1};
    rules::Scripts scripts;
    rules::PresenceConfig config;
    rules::Store store{redis, keys, scripts, config};
    rules::PresenceTracker tracker{store};
    rules::TypingTracker typing{store};
    rules::ChannelPresence viewers{store};
    rules::HeartbeatScheduler heartbeats{store, tracker, viewers};
    metrics::Metrics metrics;
    eventloop::DeadlineWheel deadlines{5ms};
    admin::AdminService adminService{
        {store, tracker, viewers, bus, hub, metrics}, nowhere(), "node", "1"};
    limits::FairQueue queue;
    rules::PacedReads reads{tracker, viewers, typing, queue};
    const auth::JwtVerifier verifier{auth::JwtConfig{.secret = QByteArray(32, 's')}};
    Services services{tracker, typing,       viewers, heartbeats, hub,   deadlines,
                      metrics, adminService, 0ms,     "tag",      reads, verifier};
    OpenDoor door;
    NoRequests requests;
    limits::Limiter limiter{{.connectionMessages = {}}};
    transport::TransportServer server{{}, requests, door, deadlines, limiter};
    quint16 port = 0;
};

/// A WebSocket that sends and keeps texts as they are.
class TextSocket : public QWebSocket
{
public:
    explicit TextSocket(quint16 port, const QString &path = u"/v2"_s) : QWebSocket(u"http://x"_s)
    {
        connect(this, &QWebSocket::textMessageReceived, this,
                [this](const QString &text) { received += text.toUtf8(); });
        // Not by its state: a server that closes at once may do so before that is looked at.
        bool isLetIn = false;
        const auto letIn = connect(this, &QWebSocket::connected, [&isLetIn] { isLetIn = true; });
        open(QUrl(u"ws://127.0.0.1:%1%2"_s.arg(port).arg(path)));
        if (!QTest::qWaitFor([&isLetIn] { return isLetIn; }))
            qFatal("not let in");
        disconnect(letIn);
    }

    void say(const QByteArray &message) { sendTextMessage(QString::fromUtf8(message)); }

    /// What came of a message: all until the reply to a heartbeat after it.
    QByteArrayList hear(const QByteArray &message)
    {
        received.clear();
        say(message);
        say(R"([null,"fence","phoenix","heartbeat",{}])");
        const auto isOver
            = [this] { return !received.isEmpty() && received.last().contains("\"fence\""); };
        if (!QTest::qWaitFor(isOver))
            return {"no fence"_ba};
        received.removeLast();
        return std::exchange(received, {});
    }

    QByteArrayList received;
};

} // namespace presence::channels::test
