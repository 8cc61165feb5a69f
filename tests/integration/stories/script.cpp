// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/script.h"

#include <algorithm>

namespace presence::test {

/// Of one device.
static constexpr int kMostSockets = 2;

Ms restingTime(const Model &model, Ms to)
{
    Ms rest = model.now() + (to - model.now() + kSecond - 1) / kSecond * kSecond;
    while (model.hasDeadlineWithin(rest - kSecond, rest))
        rest += kSecond;
    return rest;
}

Script::Script(Model model, const Story &story, int nodes)
    : m_model(std::move(model)), m_up(static_cast<size_t>(nodes), true)
{
    for (const std::string &user : story.users)
        m_model.meet(user);
}

std::string Script::sessionOf(const Step &step) const
{
    return m_model.openSession(step.user, step.device);
}

/// Of the device.
int Script::openSockets(const Step &step) const
{
    return static_cast<int>(std::ranges::count_if(m_model.sessions(), [&](const auto &entry) {
        const ModelSession &session = entry.second;
        return session.user == step.user && session.device == step.device && session.isOpen();
    }));
}

bool Script::makesSense(const Step &step) const
{
    using Kind = Step::Kind;
    if (step.isByClient())
        return !sessionOf(step).empty();
    switch (step.kind) {
    case Kind::Join:
        return isUp(step.node) && openSockets(step) < kMostSockets;
    case Kind::KillNode:
    case Kind::DrainNode:
        return isUp(step.node) && std::ranges::count(m_up, true) > 1;
    case Kind::StartNode:
        return !isUp(step.node);
    case Kind::Advance:
    case Kind::RestartRedis:
        return true;
    case Kind::Evict:
        return mayEvict(step.key);
    default:
        return isUp(step.node);
    }
}

static bool isHashOf(const std::string &key, const std::string &user)
{
    return key == "presence:user:" + user;
}

/// What only Redis knows is lost with the key: clients that call by REST, those that have just
/// closed, and what a user chose of whom none is there. The rest says again what there was.
bool Script::mayEvict(const std::string &key) const
{
    const bool isHash = std::ranges::count(key, ':') == 2 && key.starts_with("presence:user:");
    const bool isHeld = std::ranges::any_of(
        m_model.sessions(), [&key](const auto &entry) { return isHashOf(key, entry.second.user); });
    if (isHash && !isHeld)
        return false;
    // A connection goes by its own clock, and says again what it takes to be typing still.
    for (const auto &[user, at] : m_typed) {
        if (isHashOf(key, user) && m_model.now() > at)
            return false;
    }
    return std::ranges::all_of(m_model.sessions(), [&, this](const auto &entry) {
        const ModelSession &session = entry.second;
        const auto isOf = [&key](const std::string &prefix, const std::string &id) {
            return !id.empty() && (key + ':').starts_with(prefix + id + ':');
        };
        const bool isConcerned = isOf("presence:user:", session.user)
            || isOf("presence:online:", session.workspace)
            || isOf("presence:workspace:", session.workspace)
            || std::ranges::any_of(session.viewing, [&isOf](const std::string &channel) {
                                     return isOf("presence:channel:", channel);
                                 });
        // Nobody refreshes where who hides is still seen.
        const bool isKept = isHash || !m_model.lingers(session.user);
        return !isConcerned || (session.isOpen() && !session.isRest && isKept);
    });
}

bool Script::canDo(const Step &step) const
{
    if (!makesSense(step))
        return false;
    Script after = *this;
    after.apply(step);
    return !after.model().hasTie();
}

void Script::apply(const Step &step)
{
    using Kind = Step::Kind;
    if (step.isByClient())
        return applyByClient(step);
    switch (step.kind) {
    case Kind::Join:
        m_model.join(step.user, step.device, step.workspace, step.node, step.idle);
        break;
    case Kind::RestStatus:
        m_model.setStatus(step.user, step.wish);
        break;
    case Kind::Heartbeat:
        m_model.heartbeat(step.user, step.device, step.workspace);
        break;
    case Kind::SignOff:
        m_model.signOff(step.user, step.device);
        break;
    case Kind::Advance:
        m_model.advance(restingTime(m_model, m_model.now() + step.time));
        break;
    case Kind::KillNode:
        m_model.killNode(step.node);
        m_up[static_cast<size_t>(step.node)] = false;
        break;
    case Kind::DrainNode:
        m_model.drainNode(step.node);
        m_up[static_cast<size_t>(step.node)] = false;
        break;
    case Kind::Evict:
        m_evicted.insert(step.key);
        break;
    case Kind::StartNode:
        m_up[static_cast<size_t>(step.node)] = true;
        break;
    default:
        break; // Nothing that anybody should notice.
    }
}

void Script::applyByClient(const Step &step)
{
    using Kind = Step::Kind;
    const std::string session = sessionOf(step);
    switch (step.kind) {
    case Kind::SetStatus:
        return m_model.setStatus(step.user, step.wish);
    case Kind::StartTyping:
        m_typed[step.user] = m_model.now();
        return m_model.startTyping(session, step.channel);
    case Kind::StopTyping:
        return m_model.stopTyping(session, step.channel);
    case Kind::View:
        return m_model.view(session, step.channel);
    case Kind::Leave:
        return m_model.leave(session, step.channel);
    case Kind::SetIdle:
        return m_model.setIdle(session, *step.idle);
    default:
        return m_model.close(session);
    }
}

} // namespace presence::test
