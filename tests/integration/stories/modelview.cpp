// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What is to be seen; model.cpp has what changes it.
#include "tests/integration/stories/model.h"

#include <algorithm>

namespace presence::test {

std::vector<Ms> Model::deadlines() const
{
    std::vector<Ms> all;
    for (const auto &[name, session] : m_sessions) {
        if (!session.isOpen())
            all.push_back(session.deadline);
        for (const auto &[channel, until] : session.typing)
            all.push_back(until);
    }
    for (const auto &[name, user] : m_users) {
        if (user.expiry > 0)
            all.push_back(user.expiry);
        if (isHidden(name) && user.hiddenFrom > 0)
            all.push_back(user.hiddenFrom);
        if (isHidden(name) && user.told.until > 0)
            all.push_back(user.told.until);
    }
    return all;
}

std::optional<Ms> Model::nextDeadline() const
{
    const std::vector<Ms> all = deadlines();
    const auto first = std::ranges::min_element(all);
    return first == all.end() ? std::nullopt : std::optional(*first);
}

bool Model::hasDeadlineWithin(Ms from, Ms to) const
{
    return std::ranges::any_of(deadlines(),
                               [=](Ms deadline) { return from < deadline && deadline <= to; });
}

bool Model::endsUnseen(Ms to) const
{
    const auto comesBack = [&](const auto &entry) {
        return lingers(entry.first) && entry.second.expiry > 0 && entry.second.expiry <= to;
    };
    if (std::ranges::any_of(m_users, comesBack))
        return true;
    return std::ranges::any_of(m_sessions, [&](const auto &entry) {
        const ModelSession &session = entry.second;
        return !session.isOpen() && session.deadline <= to && isHidden(session.user);
    });
}

bool Model::hasTie() const
{
    const auto isClose = [](Ms one, Ms other) {
        return one > 0 && other > 0 && std::abs(one - other) <= 2 * kSecond;
    };
    const auto hidesClosely = [&](const auto &entry) {
        const User &user = entry.second;
        return isClose(user.hiddenFrom, user.expiry) || isClose(user.hiddenFrom, user.told.until);
    };
    if (std::ranges::any_of(m_users, hidesClosely))
        return true;
    return std::ranges::any_of(m_sessions, [this](const auto &entry) {
        const ModelSession &session = entry.second;
        const Ms expiry = m_users.at(session.user).expiry;
        return !session.isOpen()
            && ((expiry > 0 && std::abs(session.deadline - expiry) <= 2 * kSecond)
                || endsWithAnother(session));
    });
}

/// The node of the one is dead, which nodes that judge the other may not know yet.
bool Model::endsWithAnother(const ModelSession &session) const
{
    return std::ranges::any_of(m_sessions, [&session](const auto &entry) {
        const ModelSession &other = entry.second;
        return other.user == session.user && other.isRest && !session.isRest
            && std::abs(other.deadline - session.deadline) <= 2 * kSecond;
    });
}

std::string Model::openSession(const std::string &user, const std::string &device) const
{
    std::string found;
    int newest = 0;
    for (const auto &[name, session] : m_sessions) {
        if (session.user == user && session.device == device && session.isOpen()
            && session.number > newest) {
            found = name;
            newest = session.number;
        }
    }
    return found;
}

bool Model::isLive(const std::string &user) const
{
    return std::ranges::any_of(m_sessions,
                               [&](const auto &entry) { return entry.second.user == user; });
}

bool Model::isConnected(const std::string &user) const
{
    return std::ranges::any_of(m_sessions, [&](const auto &entry) {
        const ModelSession &session = entry.second;
        return session.user == user && !session.hasEnded;
    });
}

bool Model::isHidden(const std::string &user) const
{
    return hides(m_users.at(user).status);
}

/// The newest session of each device, of those that are not newer than `newest`: it speaks for it.
std::vector<const ModelSession *> Model::devicesOf(const std::string &user, int newest) const
{
    std::map<std::string, const ModelSession *> byDevice;
    for (const auto &[name, session] : m_sessions) {
        if (session.user != user || session.number > newest)
            continue;
        const ModelSession *&best = byDevice[session.device];
        if (!best || best->number < session.number)
            best = &session;
    }
    std::vector<const ModelSession *> result;
    for (const auto &[device, session] : byDevice)
        result.push_back(session);
    return result;
}

std::string Model::effective(const std::string &name) const
{
    const std::string &chosen = m_users.at(name).status;
    const auto isIdle = [](const ModelSession *session) { return session->idle; };
    if (chosen == "online" && std::ranges::all_of(devicesOf(name), isIdle))
        return "away";
    return chosen;
}

Face Model::self(const std::string &name) const
{
    const User &user = m_users.at(name);
    return {isLive(name) ? effective(name) : "offline", user.message, user.emoji, user.expiry};
}

Face Model::face(const std::string &user) const
{
    return m_users.at(user).told;
}

/// When the last of its sessions is over, if none is said to be there any more.
Ms Model::lastDeadline(const std::string &user) const
{
    Ms last = 0;
    for (const auto &[name, session] : m_sessions) {
        if (session.user == user)
            last = std::max(last,
                            session.isOpen() ? std::numeric_limits<Ms>::max() : session.deadline);
    }
    return last;
}

/// Who hides is seen for as long as if its app had been closed at that moment.
bool Model::lingers(const std::string &name) const
{
    const User &user = m_users.at(name);
    return hides(user.status) && user.hiddenFrom > m_now;
}

/// Of one that shows nothing there is nothing to end.
static Face withoutIdleEnd(Face face)
{
    if (face.status == "offline" && face.message.empty() && face.emoji.empty())
        face.until = 0;
    return face;
}

Face Model::target(const std::string &name) const
{
    const User &user = m_users.at(name);
    if (!isHidden(name))
        return withoutIdleEnd(self(name));
    // What was changed in hiding must not show; what was to end before, ends.
    Face face = user.told;
    if (face.until > 0 && face.until <= m_now)
        face = {face.status == "offline" ? "offline" : "online", "", ""};
    if (user.says && user.status == "offline" && !lingers(name))
        face = {face.status, user.message, user.emoji, user.expiry};
    if (!lingers(name))
        face.status = "offline";
    return withoutIdleEnd(face);
}

Model::View Model::placesOf(const std::string &name) const
{
    View places;
    if (!isLive(name) || (isHidden(name) && !lingers(name)))
        return places;
    const User &user = m_users.at(name);
    const bool isLeaving = lingers(name);
    const auto devices = isLeaving ? devicesOf(name, user.hiddenAt) : devicesOf(name);
    for (const ModelSession *device : devices) {
        const std::string topic = "workspace:" + device->workspace + ':' + name;
        if (!device->workspace.empty() && (!isLeaving || user.shown.contains(topic)))
            places[topic] = user.told.text();
    }
    for (const auto &[id, session] : m_sessions) {
        if (session.user != name)
            continue;
        for (const std::string &channel : lingers(name) ? session.lastViewing : session.viewing)
            places["view:" + channel + ':' + name] = "here";
        for (const auto &[channel, until] : session.typing)
            places["typing:" + channel + ':' + name] = "typing";
    }
    return places;
}

std::optional<Ms> Model::lastSeen(const std::string &user) const
{
    return m_users.at(user).lastSeen;
}

Model::View Model::view() const
{
    View all;
    for (const auto &[name, user] : m_users) {
        all["user:" + name] = user.told.text();
        all.insert(user.shown.begin(), user.shown.end());
    }
    return all;
}

} // namespace presence::test
