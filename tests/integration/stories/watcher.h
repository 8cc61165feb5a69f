// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/model.h"
#include "tests/support/asyncclient.h"

namespace presence::test {

/// What there is to watch in a story.
struct StoryIds
{
    std::vector<std::string> users;
    std::vector<std::string> workspaces;
    std::vector<std::string> channels;
};

/// Somebody who is not in the story and watches all of it over one WebSocket: every user by its
/// topic and by `watch`, every workspace and channel.
///
/// Holds what a client holds that applies snapshots and changes in their order, and checks that
/// they fit to each other.
class Watcher
{
public:
    using Log = std::map<std::string, std::vector<std::string>>; ///< topic -> states, in order

    /// `isTerse`: joins with presence "diff", without the companions of diffs.
    Watcher(quint16 port, const QString &user, StoryIds ids, bool isTerse);

    bool isTold() const; ///< has the answers and snapshots of all that it joined
    const Model::View &view() const { return m_view; }

    /// What changed since startLog(), which says how many events of the model went before.
    const Log &log() const { return m_log; }
    void startLog(size_t eventsBefore);
    void stopLog() { m_firstEvent.reset(); }
    bool hasLog() const { return m_firstEvent.has_value(); }
    const QStringList &faults() const { return m_faults; }

    struct Heard
    {
        QString topic;
        QString event;
        QJsonObject payload;
    };
    /// Everything, word by word.
    const std::vector<Heard> &heard() const { return m_heard; }

    /// As this watcher is to have it.
    Model::View expectedView(const Model::View &view) const;
    Log expectedLog(const std::vector<ModelEvent> &events) const;

private:
    void watch();
    void received(const QString &topic, const QString &event, const QJsonObject &payload);
    void receivedUser(const std::string &user, const QString &event, const QJsonObject &payload);
    void receivedWatch(const QString &event, const QJsonObject &payload);
    void receivedRoster(const QString &topic, const QString &event, const QJsonObject &payload);
    void companion(const QString &topic, const QString &event, const QJsonObject &payload);
    void applyState(const QString &topic, const QJsonObject &state);
    void applyDiff(const QString &topic, const QJsonObject &diff);
    void set(const std::string &key, const std::string &state);
    void note(const std::string &key, const std::string &state) { m_log[key].push_back(state); }
    void fault(const QString &topic, const QString &event, const QJsonObject &payload,
               const char *why);
    /// A change says which number it follows: it has to be the one held under `key`.
    void follow(const std::string &key, const QString &field, const QString &topic,
                const QString &event, const QJsonObject &payload);

    StoryIds m_ids;
    bool m_isTerse;
    QString m_self; ///< its own topic
    bool m_isWatching = false; ///< has asked to
    int m_untold = 0; ///< answers and snapshots to come
    Model::View m_view;
    Log m_log;
    std::optional<size_t> m_firstEvent; ///< of the log
    std::map<std::string, qint64> m_numbers; ///< sequence or revision that it holds
    QStringList m_faults;
    std::vector<Heard> m_heard;
    AsyncClient m_client;
};

/// Status, message and emoji of any JSON that has them, as Face::text() gives them.
std::string faceOf(const QJsonObject &json);

} // namespace presence::test
