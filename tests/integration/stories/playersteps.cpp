// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How a Player does each step; player.cpp has the story.
#include "tests/integration/stories/loop.h"
#include "tests/integration/stories/player.h"
#include "tests/support/token.h"

namespace presence::test {

using namespace Qt::StringLiterals;
/// No device may wait for longer to be refreshed.
static constexpr Ms kMaxJump = 20 * kSecond;
static constexpr int kSignedOff = 4002;

void Player::join(const Step &step)
{
    m_script.apply(step);
    const std::string session = m_script.sessionOf(step);
    const QString topic = u"presence:"_s + text(step.user);
    Client &client = m_clients[session];
    client.socket = std::make_unique<AsyncClient>(
        m_world.node(step.node).port(), tokenFor(text(step.user)),
        [&client, topic](const QString &of, const QString &event, const QJsonObject &payload) {
            if (of == topic && event == "presence_state"_L1)
                client.self = faceOf(payload);
        });
    QJsonObject params{{u"device_id"_s, text(step.device)}};
    if (!step.workspace.empty())
        params[u"workspace_id"_s] = text(step.workspace);
    if (step.idle)
        params[u"state"_s] = *step.idle ? u"idle"_s : u"active"_s;
    awaitReply(*client.socket, client.socket->join(topic, params));
}

void Player::awaitReply(AsyncClient &client, const QString &ref)
{
    if (!until([&] { return client.reply(ref).has_value() || client.isClosed(); }, m_patience))
        return say(u"no reply"_s);
    const auto reply = client.reply(ref);
    if (!reply)
        say(u"closed instead of a reply: %1"_s.arg(client.closeCode()));
    else if (reply->value("status"_L1) != "ok"_L1)
        say(u"refused: "_s + QString::fromUtf8(QJsonDocument(*reply).toJson()));
}

/// A client goes; the world knows of it before anything else happens.
void Player::end(const Step &step)
{
    const std::string session = m_script.sessionOf(step);
    const int node = model().sessions().at(session).node;
    const qint64 left = m_world.node(node).openWebSockets() - 1;
    AsyncClient &client = *m_clients.at(session).socket;
    if (step.kind == Step::Kind::Drop)
        client.drop();
    else
        client.close();
    if (!until([&] { return m_world.node(node).openWebSockets() <= left; }, m_patience))
        say(u"its node does not notice"_s);
    m_clients.erase(session);
    m_world.settle(node);
    m_script.apply(step);
}

void Player::push(const Step &step, const QString &event, const QJsonObject &payload)
{
    AsyncClient &client = *m_clients.at(m_script.sessionOf(step)).socket;
    awaitReply(client, client.push(u"presence:"_s + text(step.user), event, payload));
    m_script.apply(step);
}

void Player::callRest(const Step &step)
{
    const QString user = text(step.user);
    const World::Answer answer = step.kind == Step::Kind::RestStatus
        ? m_world.rest(step.node, user, "PUT", u"/api/presence/users/%1/status"_s.arg(user),
                       toJson(step.wish))
        : m_world.rest(
            step.node, user, "POST", u"/api/presence/heartbeat"_s,
            {{u"device_id"_s, text(step.device)}, {u"workspace_id"_s, text(step.workspace)}});
    if (answer.status != 200 && answer.status != 204)
        say(u"REST answers %1"_s.arg(answer.status));
    m_script.apply(step);
}

void Player::signOff(const Step &step)
{
    std::vector<std::string> open;
    for (const auto &[name, session] : model().sessions()) {
        if (session.user == step.user && session.device == step.device && session.isOpen())
            open.push_back(name);
    }
    const QString path
        = u"/api/presence/users/%1/devices/%2"_s.arg(text(step.user), text(step.device));
    const auto answer = m_world.rest(step.node, text(step.user), "DELETE", path);
    if (answer.status != 204)
        say(u"REST answers %1"_s.arg(answer.status));
    awaitClosed(open, kSignedOff);
    m_world.settleAll();
    m_script.apply(step);
}

/// `code`: 0 for any.
void Player::awaitClosed(const std::vector<std::string> &sessions, int code)
{
    for (const std::string &session : sessions) {
        AsyncClient &client = *m_clients.at(session).socket;
        if (!until([&] { return client.isClosed(); }, m_patience))
            say(text(session) + u" is not closed"_s);
        else if (code != 0 && client.closeCode() != code)
            say(text(session) + u" is closed with %1"_s.arg(client.closeCode()));
        m_clients.erase(session);
    }
}

void Player::stopNode(const Step &step)
{
    std::vector<std::string> open;
    for (const auto &[name, session] : model().sessions()) {
        if (session.node == step.node)
            open.push_back(name);
    }
    refresh();
    // What a watcher there heard of the end is nothing that it could rely on.
    std::vector<int> blind;
    for (int i = 0; i < World::kNodes; ++i) {
        const auto watcher = static_cast<size_t>(i);
        if (m_nodeOf[watcher] != step.node)
            continue;
        checkLog(*m_watchers[watcher]);
        m_watchers[watcher].reset();
        blind.push_back(i);
    }
    if (step.kind == Step::Kind::KillNode)
        m_world.kill(step.node);
    else
        m_world.drain(step.node);
    awaitClosed(open, 0);
    m_script.apply(step);
    for (const int watcher : blind)
        putWatcher(watcher, m_world.firstUp());
}

void Player::putWatcher(int watcher, int node)
{
    const auto i = static_cast<size_t>(watcher);
    if (m_watchers[i])
        checkLog(*m_watchers[i]);
    m_nodeOf[i] = node;
    m_watchers[i] = std::make_unique<Watcher>(m_world.node(node).port(),
                                              text(m_fence) + u"watcher%1"_s.arg(watcher), m_ids,
                                              watcher == 2);
}

/// Stops wherever something is due, so that it is told in its order.
void Player::advance(Ms to)
{
    for (auto next = model().nextDeadline(); isFine() && next && *next <= to;
         next = model().nextDeadline()) {
        const Ms stop = (*next / kSecond + 1) * kSecond;
        const bool isUnseen = model().endsUnseen(stop);
        setClock(stop);
        m_script.advance(stop);
        awaitModel();
        if (isUnseen)
            awaitSweeper();
    }
    setClock(to);
    m_script.advance(to);
}

/// Nobody is told when a user in hiding goes, and what it does next must not find it there.
void Player::awaitSweeper()
{
    const QString now = QString::number(double(m_world.now()) / kSecond, 'f', 3);
    std::ignore = until(
        [&] {
            return m_world.redis().cli({u"ZCOUNT"_s, u"presence:index:users"_s, u"-inf"_s, now})
                == "0";
        },
        m_patience);
}

void Player::refresh()
{
    if (!m_world.refresh())
        say(u"a node does not refresh its devices"_s);
}

void Player::setClock(Ms now)
{
    while (now - m_refreshed > kMaxJump) {
        m_world.setClock(std::min(now, m_world.now() + kMaxJump));
        refresh();
        m_refreshed = m_world.now();
    }
    // Setting it to what it is would take it back by all the times that it was read.
    if (now > m_world.now())
        m_world.setClock(now);
}

} // namespace presence::test
