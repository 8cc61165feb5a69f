// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/model.h"

#include <QJsonObject>
#include <QString>

namespace presence::test {

/// One thing that happens. What of it counts depends on the kind.
struct Step
{
    enum class Kind {
        Join,
        Close,
        Drop,
        SetStatus,
        RestStatus,
        StartTyping,
        StopTyping,
        View,
        Leave,
        SetIdle,
        Heartbeat,
        SignOff,
        Advance,
        KillNode,
        StartNode,
        DrainNode,
        CutNode, ///< its connections to Redis break; it finds Redis again at once
        RestartRedis,
        MoveWatcher,
    };
    Kind kind = Kind::Advance;
    std::string user;
    std::string device;
    std::string workspace;
    std::string channel;
    int node = 0; ///< MoveWatcher: the watcher is `watcher`
    int watcher = 0;
    std::optional<bool> idle;
    Wish wish;
    Ms time = 0;

    QString toString() const;
};

/// As the body of a set_status.
QJsonObject toJson(const Wish &wish);

/// A random story, the same for the same seed. `prefix` keeps its names apart from those of
/// others.
struct Story
{
    std::vector<std::string> users;
    std::vector<std::string> workspaces;
    std::vector<std::string> channels;
    std::vector<Step> steps;
};

Story makeStory(quint32 seed, const std::string &prefix, Model model);

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

private:
    int openSockets(const Step &step) const;

    Model m_model;
    std::vector<bool> m_up;
};

/// The first time from `to` on, in whole seconds from now, at which nothing has just become due:
/// what is due is noticed within a second.
Ms restingTime(const Model &model, Ms to);

} // namespace presence::test
