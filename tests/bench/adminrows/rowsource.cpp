// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/adminrows/rowsource.h"

#include "shared/protocol/phoenixcodec.h"

#include <QDateTime>
#include <QWebSocket>

#include <algorithm>
#include <array>
#include <set>

namespace presence::bench {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr size_t kPage = 1000; // rows
static constexpr int kTurnsPerSecond = 4;
static constexpr char kTopic[] = "admin:workspace:bench";
static constexpr std::array kNames{"online", "away", "busy"};

RowSource::RowSource(int users, int rate)
    : m_users(size_t(users)), m_rate(rate), m_server(u"rows"_s, QWebSocketServer::NonSecureMode)
{
    for (User &user : m_users)
        user.lastHeartbeat = QDateTime::currentSecsSinceEpoch() - m_random.bounded(60);
    connect(&m_server, &QWebSocketServer::newConnection, this, &RowSource::accept);
    connect(&m_overview, &QTimer::timeout, this, &RowSource::tellOverview);
    connect(&m_changes, &QTimer::timeout, this, &RowSource::change);
    m_overview.start(1000ms);
    m_changes.setInterval(1000ms / kTurnsPerSecond);
    m_changes.setTimerType(Qt::PreciseTimer);
}

void RowSource::accept()
{
    m_clients.push_back(std::make_unique<Client>(Client{m_server.nextPendingConnection()}));
    Client *client = m_clients.back().get();
    client->socket->setParent(this);
    connect(client->socket, &QWebSocket::textMessageReceived, this,
            [this, client](const QString &text) { received(*client, text); });
    connect(client->socket, &QWebSocket::disconnected, this,
            [client] { client->isWatching = false; });
}

void RowSource::received(Client &client, const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    const auto message = protocol::decodeText(protocol::Vsn::V2, bytes);
    if (!message)
        return;
    const QByteArray response = answerTo(client, *message);
    client.socket->sendTextMessage(QString::fromUtf8(
        protocol::encodeReply(protocol::Vsn::V2, message->joinRef, message->ref, message->topic,
                              protocol::ReplyStatus::Ok, response)));
}

QByteArray RowSource::answerTo(Client &client, const protocol::Message &message)
{
    if (message.event == "get_page")
        return page(message.payload["after"].bytes().toByteArray());
    if (message.event == "stop")
        m_changes.stop();
    if (message.event != protocol::event::kJoin)
        return "{}";
    if (message.topic != kTopic)
        return "{\"node\":\"bench\",\"version\":\"1.0.0\",\"history\":[]}";
    client.isWatching = true;
    if (m_clients.size() == 1)
        m_changes.start();
    const auto there = std::ranges::count_if(m_users, &User::isThere);
    return "{\"users\":" + QByteArray::number(qint64(there)) + '}';
}

static QByteArray nameOf(size_t user)
{
    return "user" + QByteArray::number(qulonglong(user)).rightJustified(6, '0');
}

QByteArray RowSource::page(const QByteArray &after) const
{
    size_t user = after.isEmpty() ? 0 : after.mid(4).toULongLong() + 1;
    QByteArray rows;
    size_t count = 0;
    for (; user < m_users.size() && count < kPage; ++user) {
        if (!m_users[user].isThere)
            continue;
        rows.append(count++ > 0 ? "," : "").append(rowOf(user));
    }
    const bool isLast = user == m_users.size();
    return "{\"rows\":[" + rows + "],\"next\":" + (isLast ? "null" : '"' + nameOf(user - 1) + '"')
        + '}';
}

QByteArray RowSource::rowOf(size_t user) const
{
    const User &it = m_users[user];
    const bool hasMessage = user % 3 == 0 || it.version > 0;
    const QByteArray message = "In a meeting about " + QByteArray::number(it.version);
    return "{\"user_id\":\"" + nameOf(user) + "\",\"status\":\"" + kNames[size_t(it.status)]
        + "\",\"custom_message\":\"" + (hasMessage ? message : QByteArray()) + "\",\"emoji\":\""
        + (hasMessage ? "\u2615" : "")
        + "\",\"online_at\":1764000000,\"last_heartbeat\":" + QByteArray::number(it.lastHeartbeat)
        + ",\"devices\":2,\"idle_devices\":" + QByteArray::number(it.idleDevices)
        + ",\"nodes\":[\"presence@" + (user % 2 == 0 ? 'a' : 'b') + "\"]}";
}

/// One in twenty comes or goes. The user in the middle stays: somebody has chosen it.
void RowSource::changeUser(size_t user)
{
    User &it = m_users[user];
    if (user != m_users.size() / 2 && m_random.bounded(20) == 0)
        it.isThere = !it.isThere;
    it.lastHeartbeat = QDateTime::currentSecsSinceEpoch();
    it.status = m_random.bounded(int(kNames.size()));
    it.idleDevices = m_random.bounded(2);
    ++it.version;
}

void RowSource::change()
{
    std::set<size_t> users; // what is told is how each is in the end
    for (int i = 0; i < m_rate / kTurnsPerSecond; ++i) {
        const auto user = size_t(m_random.bounded(int(m_users.size())));
        changeUser(user);
        users.insert(user);
    }
    QByteArray changed;
    QByteArray left;
    for (const size_t user : users) {
        if (m_users[user].isThere)
            changed.append(changed.isEmpty() ? "" : ",").append(rowOf(user));
        else
            left.append(left.isEmpty() ? "\"" : ",\"").append(nameOf(user)).append('"');
    }
    const QByteArray payload = "{\"changed\":[" + changed + "],\"left\":[" + left + "]}";
    for (const auto &client : m_clients) {
        if (client->isWatching)
            push(*client, kTopic, "rows", payload);
    }
}

void RowSource::tellOverview()
{
    const QByteArray payload
        = "{\"figures\":{\"time\":" + QByteArray::number(QDateTime::currentMSecsSinceEpoch())
        + "},\"redis\":{\"reachable\":true},\"nodes\":[],\"workspaces\":"
          "[{\"workspace_id\":\"bench\",\"users\":1}]}";
    for (const auto &client : m_clients)
        push(*client, "admin:overview", "overview", payload);
}

void RowSource::push(const Client &client, QByteArrayView topic, QByteArrayView event,
                     QByteArrayView payload)
{
    client.socket->sendTextMessage(
        QString::fromUtf8(protocol::encodePush(protocol::Vsn::V2, {}, {}, topic, event, payload)));
}

} // namespace presence::bench
