// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A WebSocket server that sends back what comes, on the daemon's transport. Prints its port, ends
// when its input does. Arguments: files of a certificate and its key, to speak TLS.
#include "server/eventloop/epolldispatcher.h"
#include "server/transport/transportserver.h"
#include "server/transport/websocket/websocketconnection.h"

#include <QCoreApplication>
#include <QFile>
#include <QSocketNotifier>

#include <cstdio>
#include <unistd.h>

using namespace presence;
using namespace presence::transport;
using namespace std::chrono_literals;

namespace {

class EchoHandler final : public WebSocketHandler
{
public:
    void opened(ClientTransport &transport) override { m_transport = &transport; }
    void textMessage(QByteArrayView text) override { m_transport->sendText(text); }
    void binaryMessage(QByteArrayView bytes) override
    {
        m_transport->send(encodeFrame(Opcode::Binary, bytes));
    }
    void closed(protocol::CloseCode) override { }

private:
    ClientTransport *m_transport = nullptr;
};

class NoRequests final : public RequestHandler
{
public:
    bool wantsBody(const HttpRequest &) override { return false; }
    void handle(const HttpRequest &, Answer answer) override
    {
        answer(problem(404, QStringLiteral("There are WebSockets only.")));
    }
};

class AnyUpgrade final : public UpgradeHandler
{
public:
    bool isAt(const HttpRequest &) const override { return true; }
    UpgradeDecision decide(const HttpRequest &) override
    {
        return UpgradeAcceptance{{}, std::make_unique<EchoHandler>()};
    }
};

/// The suite has messages of 16 MiB, and many in a row.
TransportConfig suiteConfig()
{
    TransportConfig config;
    config.maxMessage = 16 * 1024 * 1024;
    config.maxOutbox = 2 * config.maxMessage;
    return config;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication::setEventDispatcher(new eventloop::EpollDispatcher);
    const QCoreApplication application(argc, argv);
    NoRequests requests;
    AnyUpgrade upgrades;
    eventloop::DeadlineWheel wheel(100ms);
    limits::Limiter limiter({.connectionMessages = {}});
    TlsContext tls;
    const bool isEncrypted = argc == 3;
    if (isEncrypted && !tls.load(QFile::decodeName(argv[1]), QFile::decodeName(argv[2])))
        return 1;
    TransportServer server(suiteConfig(), requests, upgrades, wheel, limiter,
                           isEncrypted ? &tls : nullptr);
    const auto port = server.listen(QHostAddress(QHostAddress::LocalHost), 0);
    if (!port)
        return 1;
    std::printf("%d\n", *port);
    std::fflush(stdout);
    QSocketNotifier input(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&input, &QSocketNotifier::activated, &application, &QCoreApplication::quit);
    return QCoreApplication::exec();
}
