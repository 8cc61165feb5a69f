// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/script.h"
#include "tests/integration/stories/watcher.h"
#include "tests/integration/stories/world.h"

#include <functional>

namespace presence::test {

/// Plays a story on the world and on the model, and holds the one against the other: after each
/// step what everybody sees, at the end what everybody was told.
class Player
{
public:
    struct Options
    {
        int patience = 5000; ///< ms that the world may take to get where the model is
        /// Or after it was left out, for making no sense. The watchers were told all of it.
        std::function<void(const std::vector<std::unique_ptr<Watcher>> &)> afterStep;
    };
    Player(World &world, Story story, Times times, Options options);

    /// What went wrong, with the steps up to there; empty when nothing did.
    QString play();

private:
    /// A client of the story.
    struct Client
    {
        std::unique_ptr<AsyncClient> socket;
        std::string self; ///< what it was told last of itself
    };

    void say(const QString &fault);
    bool isFine() const { return m_fault.isEmpty(); }
    const Model &model() const { return m_script.model(); }

    void take(const Step &step);
    void act(const Step &step);
    void evict(const Step &step);
    void cut(const Step &step);
    bool concernsCut(const Step &step) const;
    void join(const Step &step);
    void end(const Step &step);
    void push(const Step &step, const QString &event, const QJsonObject &payload);
    void callRest(const Step &step);
    void signOff(const Step &step);
    void stopNode(const Step &step);
    void advance(Ms to);
    void awaitSweeper();
    void refresh();
    void setClock(Ms now);
    void putWatcher(int watcher, int node);
    void awaitReply(AsyncClient &client, const QString &ref);
    void awaitClosed(const std::vector<std::string> &sessions, int code);

    void awaitModel();
    bool isWhereModelIs() const;
    QString difference() const;
    void fence();
    void checkEnd();
    void checkLog(const Watcher &watcher);
    void checkLists();
    void checkUser(const std::string &user);
    void checkLastSeen(const std::string &user, const QJsonValue &seen);

    World &m_world;
    Story m_story;
    StoryIds m_ids;
    int m_patience;
    Options m_options;
    Script m_script;
    std::string m_fence; ///< a user whose change comes last
    int m_fences = 0;
    std::map<std::string, Client> m_clients; ///< by session
    std::vector<std::unique_ptr<Watcher>> m_watchers;
    std::array<int, World::kNodes> m_nodeOf{}; ///< of each watcher
    std::optional<int> m_cut; ///< a node that may still be without Redis
    Ms m_refreshed = 0; ///< since when every open device was refreshed
    QStringList m_told; ///< the steps so far
    QString m_fault;
};

} // namespace presence::test
