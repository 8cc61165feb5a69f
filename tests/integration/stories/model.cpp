// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/model.h"

#include <algorithm>
#include <utility>

namespace presence::test {

std::string Model::join(const std::string &user, const std::string &device,
                        const std::string &workspace, int node, std::optional<bool> idle)
{
    ModelSession session{.user = user, .device = device, .workspace = workspace, .node = node};
    session.number = ++m_sessionCount;
    session.idle = m_users[user].idle[device] > m_now;
    for (const ModelSession *known : devicesOf(user)) {
        if (known->device == device)
            session.idle = known->idle;
    }
    session.idle = idle.value_or(session.idle);
    if (ModelSession *last = lastViewer(user, device))
        session.viewing = *std::exchange(last->viewed, std::nullopt);
    const std::string name = user + '/' + device + '#' + std::to_string(session.number);
    m_sessions[name] = session;
    seen(user);
    publish(user);
    return name;
}

/// The newest session of a device that was closed, and has not been taken over.
ModelSession *Model::lastViewer(const std::string &user, const std::string &device)
{
    ModelSession *last = nullptr;
    for (auto &[name, session] : m_sessions) {
        if (session.user == user && session.device == device && session.viewed
            && (!last || last->number < session.number))
            last = &session;
    }
    return last;
}

void Model::close(const std::string &name)
{
    ModelSession &session = m_sessions.at(name);
    seen(session.user);
    session.node = -1;
    session.typing.clear();
    session.viewed = session.viewing;
    session.hasEnded = true;
    hide(session);
    session.deadline = m_now + m_times.offlineGrace;
    const std::string user = session.user;
    if (m_times.offlineGrace == 0)
        end(name);
    publish(user);
}

/// Of a user that hides nobody is there to come back when it shows itself: it stays where it is
/// seen.
void Model::hide(ModelSession &session)
{
    if (lingers(session.user))
        session.viewing = session.lastViewing;
    else if (isHidden(session.user))
        session.viewing.clear();
}

void Model::killNode(int node)
{
    for (auto &[name, session] : m_sessions) {
        if (session.node != node)
            continue;
        seen(session.user);
        session.node = -1;
        hide(session);
        session.deadline = m_now + m_times.presenceTtl;
    }
}

void Model::drainNode(int node)
{
    std::vector<std::string> open;
    for (const auto &[name, session] : m_sessions) {
        if (session.node == node)
            open.push_back(name);
    }
    for (const std::string &name : open)
        close(name);
}

void Model::heartbeat(const std::string &user, const std::string &device,
                      const std::string &workspace)
{
    const std::string name = user + '/' + device + "#rest";
    const bool isKnown = m_sessions.contains(name);
    ModelSession &session = m_sessions[name];
    if (!isKnown)
        session = {.user = user, .device = device, .number = ++m_sessionCount, .isRest = true};
    if (std::exchange(session.hasEnded, false)) { // by a sign-off
        session.isRest = true;
        session.number = ++m_sessionCount;
    }
    // Others still see one that hides where it was.
    if (!isKnown || !lingers(user))
        session.workspace = workspace;
    session.deadline = m_now + m_times.presenceTtl;
    seen(user);
    publish(user);
}

void Model::signOff(const std::string &user, const std::string &device)
{
    std::vector<std::string> over;
    for (auto &[name, session] : m_sessions) {
        if (session.user != user || session.device != device)
            continue;
        seen(user);
        over.push_back(name);
        const Ms till = m_now + m_times.offlineGrace;
        session.deadline = session.hasEnded ? std::min(session.deadline, till) : till;
        session.hasEnded = true;
        session.node = -1;
        session.isRest = false;
        session.typing.clear();
        session.viewed = std::nullopt;
        hide(session);
    }
    if (m_times.offlineGrace == 0)
        std::ranges::for_each(over, [this](const std::string &name) { end(name); });
    publish(user);
}

void Model::setStatus(const std::string &name, const Wish &wish)
{
    User &user = m_users[name];
    const bool wasHidden = hides(user.status);
    const bool isHidden = hides(wish.status);
    // Hiding, and showing itself again, is the last that others see of it.
    if (isConnected(name) && wasHidden != isHidden)
        user.lastSeen = m_now / kSecond;
    const bool hasGrace = m_times.offlineGrace > 0;
    if (hasGrace && isLive(name) && isHidden && !wasHidden && user.told.status != "offline")
        user.hiddenFrom = std::min(m_now + m_times.offlineGrace, lastDeadline(name));
    if (!wasHidden)
        user.hiddenAt = m_sessionCount;
    if (!isHidden)
        user.hiddenFrom = 0;
    if (wish.message || wish.emoji || wish.status != "offline")
        user.says = wish.status == "offline";
    for (auto &[id, session] : m_sessions) {
        if (session.user == name && isHidden && !wasHidden)
            session.lastViewing = session.viewing;
    }
    user.status = wish.status;
    user.message = wish.message.value_or(user.message);
    user.emoji = wish.emoji.value_or(user.emoji);
    user.expiry = wish.clearAfter > 0 ? (m_now / kSecond) * kSecond + wish.clearAfter : 0;
    for (auto &[id, session] : m_sessions) {
        if (session.user != name || !isHidden)
            continue;
        if (session.isOpen() || !lingers(name))
            session.typing.clear();
        if (!session.isOpen() && !lingers(name))
            session.viewing.clear();
    }
    publish(name);
}

void Model::setIdle(const std::string &session, bool idle)
{
    m_sessions.at(session).idle = idle;
    publish(m_sessions.at(session).user);
}

void Model::view(const std::string &session, const std::string &channel)
{
    m_sessions.at(session).viewing.insert(channel);
    publish(m_sessions.at(session).user);
}

void Model::leave(const std::string &session, const std::string &channel)
{
    m_sessions.at(session).viewing.erase(channel);
    m_sessions.at(session).typing.erase(channel);
    publish(m_sessions.at(session).user);
}

void Model::startTyping(const std::string &name, const std::string &channel)
{
    ModelSession &session = m_sessions.at(name);
    if (isHidden(session.user))
        return;
    session.typing[channel] = m_now + m_times.typingTtl;
    publish(session.user);
}

void Model::stopTyping(const std::string &session, const std::string &channel)
{
    m_sessions.at(session).typing.erase(channel);
    publish(m_sessions.at(session).user);
}

void Model::advance(Ms to)
{
    for (auto next = nextDeadline(); next && *next <= to; next = nextDeadline()) {
        m_now = std::max(m_now, *next);
        std::vector<std::string> over;
        for (auto &[name, session] : m_sessions) {
            std::erase_if(session.typing,
                          [this](const auto &entry) { return entry.second <= m_now; });
            if (!session.isOpen() && session.deadline <= m_now)
                over.push_back(name);
        }
        for (const std::string &name : over)
            end(name);
        for (auto &[name, user] : m_users) {
            if (isHidden(name) && user.hiddenFrom > 0 && !lingers(name)) {
                user.hiddenFrom = 0;
                for (auto &[id, session] : m_sessions) {
                    if (session.user == name && !session.isOpen())
                        session.viewing.clear();
                }
            }
            if (user.expiry > 0 && user.expiry <= m_now)
                setStatus(name, {"online", "", ""});
            publish(name);
        }
    }
    m_now = to;
}

/// Tells watchers what they see differently now.
void Model::publish(const std::string &name)
{
    User &user = m_users[name];
    if (const Face now = target(name); now != user.told) {
        user.told = now;
        m_events.push_back({"user:" + name, now.text()});
    }
    const View places = placesOf(name);
    for (const auto &[topic, state] : user.shown) {
        if (!places.contains(topic))
            m_events.push_back({topic, ""});
    }
    for (const auto &[topic, state] : places) {
        const auto before = user.shown.find(topic);
        if (before == user.shown.end() || before->second != state)
            m_events.push_back({topic, state});
    }
    user.shown = places;
}

void Model::end(const std::string &name)
{
    const ModelSession &session = m_sessions.at(name);
    m_users[session.user].idle[session.device] = session.idle ? m_now + 24 * 3600 * kSecond : 0;
    m_sessions.erase(name);
}

/// Something of the user was heard of; unless it hides, that is known to others.
void Model::seen(const std::string &name)
{
    if (!hides(m_users[name].status))
        m_users[name].lastSeen = m_now / kSecond;
}

} // namespace presence::test
