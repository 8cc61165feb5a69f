// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/population.h"

#include "server/auth/jwt.h"

#include <QDateTime>
#include <QJsonObject>

#include <algorithm>

namespace presence::bench {

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

static constexpr auto kPatience = 10s;

Population::Population(Bench &bench, const Plan &plan)
    : m_bench(bench), m_plan(plan), m_devices(static_cast<size_t>(plan.connections))
{
}

QByteArray Population::userName(int device) const
{
    return "load-" + QByteArray::number(m_plan.firstUser + device);
}

QByteArray Population::token(const QByteArray &secret, const QByteArray &user,
                             const QByteArray &scope)
{
    constexpr qint64 kLifetime = 24 * 3600; // s
    QJsonObject claims{{"sub"_L1, QString::fromLatin1(user)},
                       {"exp"_L1, QDateTime::currentSecsSinceEpoch() + kLifetime}};
    if (!scope.isEmpty())
        claims["scope"_L1] = QString::fromLatin1(scope);
    return auth::signToken(claims, secret);
}

void Population::join()
{
    m_isJoining = true;
    m_joinLatencies.reserve(m_devices.size());
    runStep(size(), [&](int number) {
        Device &each = device(number);
        each.missing = m_plan.hasThreeTopics ? 6 : 2; // a reply and a state each
        const QByteArray target = "/socket/websocket?vsn=2.0.0&token="
            + token(m_bench.options().secret, userName(number));
        each.socket = std::make_unique<ClientSocket>(number, *this,
                                                     ClientSocket::upgrade(target, "127.0.0.1"));
        each.openedAt = Latencies::Clock::now();
        each.socket->open(m_plan.daemon);
    });
    m_isJoining = false;
    if (m_joined < size())
        m_bench.fault("not everybody has joined");
}

void Population::opened(ClientSocket &socket)
{
    const int user = m_plan.firstUser + socket.number();
    const auto workspace = "load-" + QByteArray::number(user / Plan::kWorkspace);
    Device &self = device(socket.number());
    joinTopic(self, "presence:" + userName(socket.number()),
              "{\"device_id\":\"bench:1\",\"workspace_id\":\"" + workspace + "\"}");
    if (!m_plan.hasThreeTopics)
        return;
    joinTopic(self, "workspace:" + workspace, "{}");
    joinTopic(self, "channel:load-" + QByteArray::number(user / Plan::kChannel), "{}");
}

void Population::joinTopic(Device &device, const QByteArray &topic, const QByteArray &payload)
{
    device.socket->sendText(device.conversation.join(device.nextRef++, topic, payload));
}

void Population::subscribe(int devices, const std::function<QList<int>(int)> &users)
{
    runStep(devices, [&](int number) {
        const QList<int> watched = users(number);
        device(number).missing = static_cast<int>(watched.size());
        for (const int user : watched)
            joinTopic(device(number), "user:load-" + QByteArray::number(user), "{}");
    });
}

void Population::request(int number, const QByteArray &topic, const QByteArray &event,
                         const QByteArray &payload)
{
    Device &from = device(number);
    from.socket->sendText(from.conversation.request(from.nextRef++, topic, event, payload));
}

void Population::setStatus(int number, int change)
{
    device(number).lastChange = change;
    request(number, "presence:" + userName(number), "set_status",
            "{\"status\":\"" + QByteArray(change % 2 == 1 ? "busy" : "away")
                + "\",\"custom_message\":\"change " + QByteArray::number(change) + "\"}");
}

bool Population::isSettled() const
{
    QHash<QByteArray, qint64> held;
    return std::all_of(m_devices.begin(), m_devices.end(), [&held](const Device &each) {
        return each.conversation.isAnswered()
            && each.conversation.lastOwnChange() == each.lastChange
            && each.conversation.agrees(held);
    });
}

void Population::settle()
{
    if (!Bench::waitUntil([this] { return isSettled(); }, kPatience))
        m_bench.fault("a message was lost at the end");
}

void Population::runStep(int count, const std::function<void(int)> &begin)
{
    Window step(count, m_plan.width, begin);
    m_step = &step;
    if (!step.run())
        m_bench.fault("no answer");
    m_step = nullptr;
}

void Population::textMessage(ClientSocket &socket, QByteArrayView text)
{
    using Kind = Conversation::Kind;
    static constexpr QByteArrayView kChange("\"change ");
    const auto message = ServerMessage::from(text);
    Device &self = device(socket.number());
    const Kind kind = self.conversation.take(message);
    if (kind == Kind::Fault) {
        m_bench.fault(self.conversation.fault());
        return stepEnded(self);
    }
    if (kind == Kind::Update && m_updated)
        m_updated(static_cast<int>(Conversation::numberAfter(message.payload, kChange)), text);
    if ((kind == Kind::Reply || kind == Kind::State) && self.missing > 0)
        answered(self);
    else if (kind == Kind::Reply && m_replied)
        m_replied();
}

void Population::answered(Device &device)
{
    if (--device.missing > 0)
        return;
    if (m_isJoining) {
        ++m_joined;
        m_joinLatencies.add(Latencies::Clock::now() - device.openedAt);
    }
    if (m_step)
        m_step->done();
}

void Population::closed(ClientSocket &socket, const QByteArray &why)
{
    m_bench.fault("closed: " + why);
    stepEnded(device(socket.number()));
}

/// Unsuccessfully.
void Population::stepEnded(Device &device)
{
    if (std::exchange(device.missing, 0) > 0 && m_step)
        m_step->done();
}

} // namespace presence::bench
