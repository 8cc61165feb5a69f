// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "packaging/demo/device.h"

#include "server/auth/jwt.h"
#include "shared/protocol/disconnect.h"
#include "shared/protocol/json.h"
#include "shared/protocol/phoenixcodec.h"

#include <QDateTime>
#include <QJsonArray>
#include <QNetworkRequest>
#include <QTimer>
#include <QUrl>

#include <utility>

namespace presence::demo {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::Vsn;

static constexpr auto kOpenDeadline = 10s;
static const QByteArray kPresenceJoin = "\"presence\""_ba;
static const QByteArray kWorkspaceJoin = "\"workspace\""_ba;

Device::Device(Identity identity, QByteArray secret, QObject *parent)
    : QObject(parent), m_identity(std::move(identity)), m_secret(std::move(secret)),
      m_topic("presence:" + m_identity.user)
{
}

Device::~Device()
{
    drop();
}

QByteArray Device::token() const
{
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    return auth::signToken({{"sub"_L1, QString::fromLatin1(m_identity.user)},
                            {"iat"_L1, now},
                            {"exp"_L1, now + 24 * 3600}},
                           m_secret);
}

void Device::open(quint16 port)
{
    drop();
    m_port = port;
    m_socket = new QWebSocket(QString(), QWebSocketProtocol::VersionLatest, this);
    connect(m_socket, &QWebSocket::connected, this, &Device::join);
    connect(m_socket, &QWebSocket::textMessageReceived, this, &Device::received);
    const auto broke = [this] {
        const bool isSignedOff
            = m_socket->closeCode() == static_cast<int>(protocol::CloseCode::SignedOff);
        end(isSignedOff ? Ending::SignedOff : Ending::Lost);
    };
    connect(m_socket, &QWebSocket::disconnected, this, broke);
    // One that was never connected does not say that it has ended.
    QTimer::singleShot(kOpenDeadline, m_socket, [this, socket = m_socket] {
        if (socket == m_socket && !m_isJoined)
            end(Ending::Lost);
    });
    QNetworkRequest request(QUrl(u"ws://127.0.0.1:%1/socket/websocket?vsn=2.0.0"_s.arg(port)));
    request.setRawHeader("Authorization", "Bearer " + token());
    m_socket->open(request);
}

void Device::join()
{
    const QJsonObject params{{"device_id"_L1, QString::fromLatin1(m_identity.device)},
                             {"workspace_id"_L1, QString::fromLatin1(m_identity.workspace)},
                             {"channels"_L1, QJsonArray{QString::fromLatin1(m_identity.channel)}}};
    send(kPresenceJoin, m_topic, protocol::event::kJoin, params);
    if (m_identity.isWatching)
        send(kWorkspaceJoin, "workspace:" + m_identity.workspace, protocol::event::kJoin,
             {{"presence"_L1, "diff"_L1}});
}

void Device::received(const QString &text)
{
    if (m_isJoined)
        return;
    const QByteArray bytes = text.toUtf8();
    const auto message = protocol::decodeText(Vsn::V2, bytes);
    if (!message || message->event != protocol::event::kReply || message->joinRef != kPresenceJoin)
        return;
    m_isJoined = message->payload["status"].bytes() == "ok";
    if (!m_isJoined)
        end(message->payload["response"]["reason"].bytes() == "the device was signed off"
                ? Ending::SignedOff
                : Ending::Lost);
}

void Device::send(const QByteArray &joinRef, const QByteArray &topic, QByteArrayView event,
                  const QJsonObject &payload)
{
    const QByteArray ref = '"' + QByteArray::number(++m_lastRef) + '"';
    m_socket->sendTextMessage(QString::fromUtf8(
        protocol::encodePush(Vsn::V2, joinRef, ref, topic, event, protocol::toBytes(payload))));
}

void Device::push(QByteArrayView event, const QJsonObject &payload)
{
    if (m_isJoined)
        send(kPresenceJoin, m_topic, event, payload);
}

void Device::look(const QByteArray &channel)
{
    push("leave_channel", {{"channel_id"_L1, QString::fromLatin1(m_identity.channel)}});
    m_identity.channel = channel;
    push("join_channel", {{"channel_id"_L1, QString::fromLatin1(m_identity.channel)}});
}

QWebSocket *Device::release()
{
    m_port = 0;
    m_isJoined = false;
    if (m_socket)
        m_socket->disconnect(this);
    return std::exchange(m_socket, nullptr);
}

void Device::close()
{
    QWebSocket *socket = release();
    if (!socket)
        return;
    connect(socket, &QWebSocket::disconnected, socket, &QObject::deleteLater);
    socket->close();
    QTimer::singleShot(kOpenDeadline, socket, &QObject::deleteLater);
}

void Device::drop()
{
    QWebSocket *socket = release();
    if (!socket)
        return;
    socket->abort();
    socket->deleteLater(); // it may be on the stack
}

void Device::end(Ending ending)
{
    drop();
    Q_EMIT ended(ending);
}

} // namespace presence::demo
