// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "person.h"

#include "tests/support/token.h"

#include <array>

namespace presence::test {

using namespace Qt::StringLiterals;

static constexpr int kWorkspaces = 4;
static constexpr int kChannels = 6;

Person::Person(int number, std::vector<quint16> ports, QRandomGenerator &random)
    : m_user(u"u%1"_s.arg(number)), m_workspace(u"w%1"_s.arg(number % kWorkspaces)),
      m_ports(std::move(ports)), m_random(random)
{
}

void Person::connect()
{
    if (isConnected())
        return;
    m_hasState = false;
    m_view.clear();
    const quint16 port = m_ports[m_random.bounded(quint32(m_ports.size()))];
    m_client = std::make_unique<AsyncClient>(
        port, tokenFor(m_user),
        [this](const QString &topic, const QString &event, const QJsonObject &payload) {
            take(topic, event, payload);
        });
    joinPresence();
    m_client->join(u"workspace:"_s + m_workspace);
    m_client->join(u"channel:c%1"_s.arg(m_random.bounded(kChannels)));
    m_client->join(u"user:u%1"_s.arg(m_random.bounded(20)));
}

void Person::joinPresence()
{
    m_presenceJoin = m_client->join(
        u"presence:"_s + m_user,
        {{"device_id"_L1, u"d%1"_s.arg(m_random.bounded(2))}, {"workspace_id"_L1, m_workspace}});
}

bool Person::isPresent()
{
    if (!isConnected())
        return false;
    const auto reply = m_client->reply(m_presenceJoin);
    if (reply && (*reply)["status"_L1] != "ok"_L1)
        joinPresence(); // Redis was away
    return reply && (*reply)["status"_L1] == "ok"_L1;
}

void Person::take(const QString &topic, const QString &event, const QJsonObject &payload)
{
    if (topic != u"workspace:"_s + m_workspace)
        return;
    if (event == "phx_reply"_L1 && payload["status"_L1] != "ok"_L1) {
        m_client->join(topic); // Redis was away
    } else if (event == "presence_state"_L1) {
        m_hasState = true;
        const QStringList users = payload.keys();
        m_view = QSet<QString>(users.begin(), users.end());
    } else if (event == "presence_diff"_L1) {
        const QJsonObject joins = payload["joins"_L1].toObject();
        for (const QString &user : payload["leaves"_L1].toObject().keys())
            m_view.remove(user);
        for (const QString &user : joins.keys())
            m_view.insert(user);
    }
}

void Person::push(const QString &event, const QJsonObject &payload)
{
    m_client->push(u"presence:"_s + m_user, event, payload);
}

QJsonObject Person::anyChannel()
{
    return {{"channel_id"_L1, u"c%1"_s.arg(m_random.bounded(kChannels))}};
}

void Person::settle()
{
    if (isConnected())
        push(u"set_status"_s, {{"status"_L1, "online"_L1}});
}

void Person::act()
{
    if (!isConnected())
        return connect();
    if (!isPresent())
        return;
    static constexpr std::array kStatuses{"online"_L1, "away"_L1, "busy"_L1, "offline"_L1,
                                          "invisible"_L1};
    switch (m_random.bounded(14)) {
    case 0:
        return m_client->drop();
    case 1:
        return m_client->close();
    case 2:
    case 3:
        return push(u"set_status"_s,
                    {{"status"_L1, kStatuses[m_random.bounded(quint32(kStatuses.size()))]},
                     {"custom_message"_L1, u"<b>%1</b>"_s.arg(m_random.bounded(100))},
                     {"clear_after"_L1, 1 + int(m_random.bounded(5))}});
    case 4:
    case 5:
        return push(u"typing_start"_s, anyChannel());
    case 6:
        return push(u"typing_stop"_s, anyChannel());
    case 7:
    case 8:
        return push(u"join_channel"_s, anyChannel());
    case 9:
        return push(u"leave_channel"_s, anyChannel());
    case 10:
        return push(u"device_state"_s,
                    {{"state"_L1, m_random.bounded(2) == 0 ? "idle"_L1 : "active"_L1}});
    case 11:
        return push(u"watch"_s, {{"user_ids"_L1, QJsonArray{"u1"_L1, "u2"_L1, m_user}}});
    case 12:
        return push(u"unwatch"_s, {{"user_ids"_L1, QJsonArray{"u2"_L1}}});
    default:
        return push(u"get_online_users"_s, {{"limit"_L1, 50}});
    }
}

} // namespace presence::test
