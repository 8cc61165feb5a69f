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
    return std::ranges::any_of(m_sessions, [&](const auto &entry) {
        const ModelSession &session = entry.second;
        return !session.isOpen() && session.deadline <= to && isHidden(session.user);
    });
}

bool Model::hasTie() const
{
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

bool Model::isHidden(const std::string &user) const
{
    return hides(m_users.at(user).status);
}

/// The newest session of each device, which speaks for it.
std::vector<const ModelSession *> Model::devicesOf(const std::string &user) const
{
    std::map<std::string, const ModelSession *> newest;
    for (const auto &[name, session] : m_sessions) {
        if (session.user != user)
            continue;
        const ModelSession *&best = newest[session.device];
        if (!best || best->number < session.number)
            best = &session;
    }
    std::vector<const ModelSession *> result;
    for (const auto &[device, session] : newest)
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
    return {isLive(name) ? effective(name) : "offline", user.message, user.emoji};
}

Face Model::face(const std::string &user) const
{
    return m_users.at(user).told;
}

Face Model::target(const std::string &name) const
{
    const User &user = m_users.at(name);
    if (user.status == "invisible") // What was changed in hiding must not show.
        return {"offline", user.told.message, user.told.emoji};
    if (!isLive(name) || isHidden(name))
        return {"offline", user.message, user.emoji};
    return self(name);
}

Model::View Model::placesOf(const std::string &name) const
{
    View places;
    if (!isLive(name) || isHidden(name))
        return places;
    for (const ModelSession *device : devicesOf(name)) {
        if (!device->workspace.empty())
            places["workspace:" + device->workspace + ':' + name] = m_users.at(name).told.text();
    }
    for (const auto &[id, session] : m_sessions) {
        if (session.user != name)
            continue;
        for (const std::string &channel : session.viewing)
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
