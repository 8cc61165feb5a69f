// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/population.h"

#include "server/auth/jwt.h"

#include <QDateTime>
#include <QJsonObject>

#include <netinet/in.h>

namespace presence::bench {

using namespace Qt::StringLiterals;

// The reference of a request is the bit of its answer.
static constexpr quint32 kJoinRef = 0;
static constexpr quint32 kStateBit = 1;
/// Of status changes, which no step waits for.
static constexpr quint32 kStatusRef = Options::kMaxPublishers;

static constexpr quint32 bit(quint32 number)
{
    return quint32(1) << number;
}

static QByteArray userName(int device)
{
    return "load-" + QByteArray::number(device);
}

/// A Phoenix V2 message outside any join.
static QByteArray request(quint32 ref, const QByteArray &topic, const QByteArray &event,
                          const QByteArray &payload)
{
    return "[null,\"" + QByteArray::number(ref) + "\",\"" + topic + "\",\"" + event + "\","
        + payload + ']';
}

Population::Population(const Options &options) : m_options(options)
{
    m_devices.resize(static_cast<size_t>(options.connections));
}

QByteArray Population::upgradeRequest(int device) const
{
    constexpr qint64 kLifetime = 24 * 3600; // s
    const QJsonObject claims{{"sub"_L1, QString::fromLatin1(userName(device))},
                             {"exp"_L1, QDateTime::currentSecsSinceEpoch() + kLifetime}};
    return "GET /socket/websocket?vsn=2.0.0&token=" + auth::signToken(claims, m_options.secret)
        + " HTTP/1.1\r\nHost: " + m_options.host.toString().toLatin1() + ':'
        + QByteArray::number(m_options.port)
        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
          "\r\nSec-WebSocket-Key: "
        + QByteArray("presence-load-01").toBase64() + "\r\n\r\n";
}

void Population::join()
{
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(m_options.port);
    server.sin_addr.s_addr = htonl(m_options.host.toIPv4Address());
    m_isJoining = true;
    runStep(m_options.connections, [&](int number) {
        Device &device = m_devices[static_cast<size_t>(number)];
        device.missing = bit(kJoinRef) | bit(kStateBit);
        device.socket = std::make_unique<ClientSocket>(number, *this);
        device.socket->open(server, upgradeRequest(number));
    });
    m_isJoining = false;
}

void Population::opened(ClientSocket &socket)
{
    const int workspace = socket.number() / m_options.workspaceSize;
    socket.sendText(request(kJoinRef, "presence:" + userName(socket.number()), "phx_join",
                            "{\"device_id\":\"bench:1\",\"workspace_id\":\"load-"
                                + QByteArray::number(workspace) + "\"}"));
}

void Population::subscribe(int count)
{
    const int first = m_subscribed;
    runStep(count - first, [&](int number) {
        Device &device = m_devices[static_cast<size_t>(first + number)];
        for (int publisher = 0; publisher < m_options.publishers; ++publisher)
            device.missing |= bit(static_cast<quint32>(publisher));
        for (int publisher = 0; publisher < m_options.publishers; ++publisher)
            device.socket->sendText(request(static_cast<quint32>(publisher),
                                            "user:" + userName(publisher), "phx_join", "{}"));
    });
    m_subscribed = count;
}

void Population::publish(int message)
{
    const int publisher = message % m_options.publishers;
    const bool isOdd = message / m_options.publishers % 2 == 1;
    m_devices[static_cast<size_t>(publisher)].socket->sendText(
        request(kStatusRef, "presence:" + userName(publisher), "set_status",
                "{\"status\":\"" + QByteArray(isOdd ? "busy" : "away")
                    + "\",\"custom_message\":\"change " + QByteArray::number(message) + "\"}"));
}

void Population::runStep(int count, const std::function<void(int)> &begin)
{
    Window step(count, m_options.rate, begin);
    m_step = &step;
    if (!step.run()) {
        for (const Device &device : m_devices)
            m_errors["no answer"] += device.missing != 0 ? 1 : 0;
    }
    m_step = nullptr;
}

/// The number behind "change ", -1 when there is none.
static int messageNumber(QByteArrayView text)
{
    static constexpr QByteArrayView kMark("\"change ");
    const qsizetype at = text.indexOf(kMark);
    if (at < 0)
        return -1;
    const QByteArrayView rest = text.sliced(at + kMark.size());
    return rest.first(rest.indexOf('"')).toInt();
}

void Population::textMessage(ClientSocket &socket, QByteArrayView text)
{
    const auto message = ServerMessage::from(text);
    if (message.event == "status_update" && m_delivered)
        m_delivered(messageNumber(message.payload), text.size());
    else if (message.event == "phx_reply")
        replied(socket.number(), message);
    else if (message.event == "presence_state" && m_isJoining)
        answered(socket.number(), kStateBit);
}

void Population::replied(int device, const ServerMessage &message)
{
    if (!message.payload.startsWith("{\"status\":\"ok\"")) {
        ++m_errors["refused: " + message.payload.toByteArray().chopped(1)];
        return stepEnded(device);
    }
    const quint32 ref = message.ref.toUInt();
    if (ref != kStatusRef)
        answered(device, ref);
}

void Population::answered(int device, quint32 number)
{
    quint32 &missing = m_devices[static_cast<size_t>(device)].missing;
    if ((missing & bit(number)) == 0)
        return;
    missing &= ~bit(number);
    if (missing != 0)
        return;
    if (m_isJoining)
        ++m_joined;
    m_step->done();
}

void Population::closed(ClientSocket &socket, const QByteArray &why)
{
    ++m_errors["closed: " + why];
    stepEnded(socket.number());
}

/// Unsuccessfully.
void Population::stepEnded(int device)
{
    if (std::exchange(m_devices[static_cast<size_t>(device)].missing, 0) != 0 && m_step)
        m_step->done();
}

} // namespace presence::bench
