// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/story.h"

#include <set>

namespace presence::test {

/// The steps of a story one after the other, on the model.
class Script
{
public:
    Script(Model model, const Story &story, int nodes);

    void meet(const std::string &user) { m_model.meet(user); }
    const Model &model() const { return m_model; }
    bool isUp(int node) const { return m_up.at(static_cast<size_t>(node)); }
    /// The session that a step is about: the one that it opens, or the newest open one.
    std::string sessionOf(const Step &step) const;
    /// Whether it makes sense now, and has one outcome.
    bool canDo(const Step &step) const;
    void apply(const Step &step);
    void advance(Ms to) { m_model.advance(to); }

    /// When it was seen last is lost with the rest.
    bool wasEvicted(const std::string &user) const
    {
        return m_evicted.contains("presence:user:" + user);
    }

private:
    bool mayEvict(const std::string &key) const;
    bool makesSense(const Step &step) const;
    void applyByClient(const Step &step);
    int openSockets(const Step &step) const;

    Model m_model;
    std::set<std::string> m_evicted; ///< keys that ever were
    std::map<std::string, Ms> m_typed; ///< user -> when it typed last
    std::vector<bool> m_up;
};

/// The first time from `to` on, in whole seconds from now, at which nothing has just become due:
/// what is due is noticed within a second.
Ms restingTime(const Model &model, Ms to);

} // namespace presence::test
