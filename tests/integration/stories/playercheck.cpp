// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a Player looks at; player.cpp has how a story is played.
#include "tests/integration/stories/loop.h"
#include "tests/integration/stories/player.h"

#include <QJsonArray>

namespace presence::test {

using namespace Qt::StringLiterals;

static QString show(const std::string &state)
{
    return state.empty() ? u"-"_s : text(state);
}

static QString show(const std::vector<std::string> &states)
{
    QStringList list;
    for (const std::string &state : states)
        list.append(show(state));
    return u"["_s + list.join(u", "_s) + u"]"_s;
}

/// A line for each key that differs.
template <typename Map>
static QString compare(const QString &who, const Map &expected, const Map &actual)
{
    QString lines;
    const auto line = [&](const auto &key, const auto &wanted, const auto &got) {
        lines += u"  %1: %2 should be %3, is %4\n"_s.arg(who, text(key), show(wanted), show(got));
    };
    for (const auto &[key, wanted] : expected) {
        const auto found = actual.find(key);
        if (found == actual.end())
            line(key, wanted, typename Map::mapped_type());
        else if (found->second != wanted)
            line(key, wanted, found->second);
    }
    for (const auto &[key, got] : actual) {
        if (!expected.contains(key))
            line(key, typename Map::mapped_type(), got);
    }
    return lines;
}

QString Player::difference() const
{
    QString lines;
    const Model::View view = model().view();
    for (size_t i = 0; i < m_watchers.size(); ++i) {
        const Watcher &watcher = *m_watchers[i];
        const QString who = u"watcher %1 at node %2"_s.arg(i).arg(m_nodeOf[i]);
        if (!watcher.isTold())
            lines += u"  %1 waits for snapshots\n"_s.arg(who);
        lines += compare(who, watcher.expectedView(view), watcher.view());
        lines += watcher.faults().join(u'\n');
    }
    for (const auto &[name, client] : m_clients) {
        const std::string self = model().self(model().sessions().at(name).user).text();
        if (client.self != self)
            lines += u"  %1 sees itself as %2, is %3\n"_s.arg(text(name), show(client.self),
                                                              text(self));
    }
    return lines;
}

void Player::checkLog(const Watcher &watcher)
{
    if (!isFine())
        return;
    QString lines;
    if (!watcher.faults().isEmpty())
        lines += u"  "_s + watcher.faults().join(u"\n  "_s) + u'\n';
    if (watcher.hasLog())
        lines += compare(u"told to a watcher"_s, watcher.expectedLog(model().events()),
                         watcher.log());
    if (!lines.isEmpty())
        say(lines);
}

/// When a change that was made last is seen everywhere, everything before it was.
void Player::fence()
{
    m_world.settleAll();
    callRest({.kind = Step::Kind::RestStatus,
              .user = m_fence,
              .node = m_world.firstUp(),
              .wish = {.status = "busy", .message = "fence " + std::to_string(++m_fences)}});
    awaitModel();
}

void Player::checkEnd()
{
    fence();
    for (const auto &watcher : m_watchers)
        checkLog(*watcher);
    for (int watcher = 0; watcher < World::kNodes; ++watcher) {
        if (isFine())
            putWatcher(watcher, m_world.isUp(watcher) ? watcher : m_world.firstUp());
    }
    awaitModel();
    if (isFine())
        checkLists();
    for (const std::string &user : m_story.users) {
        if (isFine())
            checkUser(user);
    }
}

/// The lists that REST gives, as a watcher would have them.
void Player::checkLists()
{
    const QString caller = text(m_fence) + u"reader"_s;
    const auto get = [&](const QString &path) {
        return m_world.rest(m_world.firstUp(), caller, "GET", path).body.object();
    };
    Model::View listed;
    Model::View expected;
    for (const auto &[topic, state] : model().view()) {
        if (!topic.starts_with("user:"))
            expected[topic] = "listed";
    }
    for (const std::string &name : m_story.workspaces) {
        const QJsonObject page = get(u"/api/presence/workspace/%1/online"_s.arg(text(name)));
        for (const QJsonValue &row : page["users"_L1].toArray())
            listed["workspace:" + name + ':' + row["id"_L1].toString().toStdString()] = "listed";
        if (page["total"_L1] != page["users"_L1].toArray().size())
            say(u"a total that is no total"_s);
    }
    for (const std::string &name : m_story.channels) {
        const QString path = u"/api/presence/channel/%1/"_s.arg(text(name));
        for (const QJsonValue &user : get(path + u"viewers"_s)["users"_L1].toArray())
            listed["view:" + name + ':' + user.toString().toStdString()] = "listed";
        for (const QJsonValue &user : get(path + u"typing"_s)["users"_L1].toArray())
            listed["typing:" + name + ':' + user.toString().toStdString()] = "listed";
    }
    const QString lines = compare(u"REST"_s, expected, listed);
    if (!lines.isEmpty())
        say(lines);
}

/// What REST says of a user: to another, and to the user itself.
void Player::checkUser(const std::string &user)
{
    const QString path = u"/api/presence/users/"_s + text(user);
    const int node = m_world.firstUp();
    const QJsonObject other
        = m_world.rest(node, text(m_fence) + u"reader"_s, "GET", path).body.object();
    const QJsonObject self = m_world.rest(node, text(user), "GET", path).body.object();
    if (faceOf(other) != model().face(user).text())
        say(u"others read %1 of %2"_s.arg(text(faceOf(other)), text(user)));
    if (faceOf(self) != model().self(user).text())
        say(u"%1 reads %2 of itself"_s.arg(text(user), text(faceOf(self))));
    const bool isOffline = model().face(user).status == "offline";
    if (isOffline && !other["devices"_L1].toArray().isEmpty())
        say(u"%1 is offline with devices"_s.arg(text(user)));
    if (isOffline && !m_script.wasEvicted(user))
        checkLastSeen(user, other["last_seen"_L1]);
}

/// What is due is noticed within a second: the end of a status may be seen that much later.
void Player::checkLastSeen(const std::string &user, const QJsonValue &seen)
{
    const qint64 expected = model().lastSeen(user).value_or(0);
    const qint64 late = seen.toInteger() - expected;
    if (late != 0 && (late != 1 || expected == 0))
        say(u"%1 was seen at %2, should be %3"_s.arg(text(user))
                .arg(seen.toInteger())
                .arg(expected));
}

} // namespace presence::test
