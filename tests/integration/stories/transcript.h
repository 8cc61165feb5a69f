// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/watcher.h"
#include "tests/integration/stories/world.h"
#include "tests/support/pubsublog.h"

#include <QObject>

namespace presence::test {

/// Everything that somebody else gets to know during a story, as text that is the same for two
/// plays in which the same could be known: names without their prefix, times counted from the
/// start, numbers of changes by their order, and without the order of what has none.
class Transcript
{
public:
    using Watchers = std::vector<std::unique_ptr<Watcher>>;

    /// `hero` is the user that it is about.
    Transcript(World &world, const std::string &prefix, StoryIds ids, const std::string &hero);

    /// After each step: what was told since the one before, and all that can be read.
    void take(const Watchers &watchers);

    const QStringList &lines() const { return m_lines; }

private:
    /// What was told of one topic, and whom each message is about.
    using Told = std::vector<std::pair<QString, QJsonObject>>;

    void hear(const Watchers &watchers);
    void hearPublished(std::map<QString, Told> &topics);
    void read();
    void add(const QString &source, const QJsonValue &what);
    QJsonValue plain(const QString &source, const QString &key, const QJsonValue &value);
    QJsonValue get(const QString &path);
    void readMetrics();
    QJsonValue ask(const QString &event, const QJsonObject &payload);

    World &m_world;
    QString m_prefix;
    StoryIds m_ids;
    QString m_hero;
    qint64 m_start; ///< s
    QString m_reader; ///< a user
    std::map<QString, std::vector<QString>> m_numbers; ///< source -> in the order they were met
    QStringList m_lines;
    int m_step = 0;
    std::vector<size_t> m_heard; ///< messages of each watcher so far
    PubSubLog m_log;
    std::unique_ptr<AsyncClient> m_client;
    QString m_topic;
};

} // namespace presence::test
