// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/watcher.h"

#include "tests/support/token.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace presence::test {

using namespace Qt::StringLiterals;

std::string faceOf(const QJsonObject &json)
{
    return Face{json["status"_L1].toString().toStdString(),
                json["custom_message"_L1].toString().toStdString(),
                json["emoji"_L1].toString().toStdString(),
                json["expires_at"_L1].toInteger() * kSecond}
        .text();
}

static bool isRoster(const QString &topic)
{
    return topic.startsWith("workspace:"_L1) || topic.startsWith("channel:"_L1);
}

/// Under which key a user's state on a roster's topic is held.
static std::string rosterKey(const QString &topic, const QString &user)
{
    const QString place = topic.startsWith("channel:"_L1) ? u"view:"_s + topic.sliced(8) : topic;
    return (place + u':' + user).toStdString();
}

Watcher::Watcher(quint16 port, const QString &user, StoryIds ids, bool isTerse)
    : m_ids(std::move(ids)), m_isTerse(isTerse), m_self(u"presence:"_s + user),
      m_client(port, tokenFor(user),
               [this](const QString &topic, const QString &event, const QJsonObject &payload) {
                   received(topic, event, payload);
               })
{
    m_client.join(m_self, {{u"device_id"_s, u"watching"_s}});
    for (const std::string &name : m_ids.users)
        m_client.join(u"user:"_s + text(name));
    const QJsonObject params = isTerse ? QJsonObject{{u"presence"_s, u"diff"_s}} : QJsonObject();
    for (const std::string &name : m_ids.workspaces)
        m_client.join(u"workspace:"_s + text(name), params);
    for (const std::string &name : m_ids.channels)
        m_client.join(u"channel:"_s + text(name), params);
    const auto rosters = m_ids.workspaces.size() + m_ids.channels.size();
    m_untold = static_cast<int>(2 + m_ids.users.size() + 2 * rosters);
}

bool Watcher::isTold() const
{
    return m_untold == 0;
}

void Watcher::startLog(size_t eventsBefore)
{
    m_log.clear();
    m_firstEvent = eventsBefore;
}

void Watcher::received(const QString &topic, const QString &event, const QJsonObject &payload)
{
    m_heard.push_back({topic, event, payload});
    if (event == "phx_reply"_L1) {
        --m_untold;
        if (payload["status"_L1] != "ok"_L1)
            fault(topic, event, payload, "a refusal");
    }
    const QJsonObject told = event == "phx_reply"_L1 ? payload["response"_L1].toObject() : payload;
    if (topic.startsWith("user:"_L1))
        receivedUser(topic.sliced(5).toStdString(), event, told);
    else if (isRoster(topic))
        receivedRoster(topic, event, told);
    else
        receivedWatch(event, told);
}

void Watcher::receivedUser(const std::string &user, const QString &event,
                           const QJsonObject &payload)
{
    const std::string key = "user:" + user;
    if (event == "phx_reply"_L1) {
        m_numbers[key] = payload["revision"_L1].toInteger(-1);
        m_view[key] = faceOf(payload);
        return;
    }
    follow(key, u"revision"_s, text(key), event, payload);
    set(key, faceOf(payload));
}

void Watcher::watch()
{
    QJsonArray users;
    for (const std::string &name : m_ids.users)
        users.append(text(name));
    m_client.push(m_self, u"watch"_s, {{u"user_ids"_s, users}});
}

/// On its own topic: the answers to its join and to `watch`, and what it watches.
void Watcher::receivedWatch(const QString &event, const QJsonObject &payload)
{
    const auto keyOf = [](const QJsonObject &row) {
        return "watch:" + row["user_id"_L1].toString().toStdString();
    };
    if (event == "phx_reply"_L1 && !std::exchange(m_isWatching, true))
        return watch();
    for (const QJsonValue &value : payload["users"_L1].toArray()) {
        const QJsonObject row = value.toObject();
        m_numbers[keyOf(row)] = row["revision"_L1].toInteger(-1);
        m_view[keyOf(row)] = faceOf(row);
    }
    if (event != "presence_update"_L1)
        return;
    follow(keyOf(payload), u"revision"_s, m_self, event, payload);
    set(keyOf(payload), faceOf(payload));
}

static std::string typingKey(const QString &topic, const QJsonValue &user)
{
    return "typing:" + topic.sliced(8).toStdString() + ':' + user.toString().toStdString();
}

void Watcher::receivedRoster(const QString &topic, const QString &event, const QJsonObject &payload)
{
    const std::string key = topic.toStdString();
    if (event == "phx_reply"_L1) {
        m_numbers[key] = payload["sequence"_L1].toInteger(-1);
    } else if (event == "presence_state"_L1) {
        --m_untold;
        applyState(topic, payload);
    } else if (event == "presence_diff"_L1) {
        follow(key, u"sequence"_s, topic, event, payload);
        applyDiff(topic, payload);
    } else if (event == "typing_state"_L1) {
        if (payload["sequence"_L1].toInteger() != m_numbers[key])
            fault(topic, event, payload, "is not part of the state");
        for (const QJsonValue &user : payload["users"_L1].toArray())
            set(typingKey(topic, user), "typing");
    } else if (event == "typing"_L1) {
        follow(key, u"sequence"_s, topic, event, payload);
        set(typingKey(topic, payload["user_id"_L1]),
            payload["action"_L1] == "start"_L1 ? "typing" : "");
    } else {
        companion(topic, event, payload);
    }
}

/// What comes with a diff, for clients that do not read diffs.
void Watcher::companion(const QString &topic, const QString &event, const QJsonObject &payload)
{
    if (payload["sequence"_L1].toInteger() != m_numbers[topic.toStdString()])
        fault(topic, event, payload, "not the number of the diff before it");
    const std::string user = payload["user_id"_L1].toString().toStdString();
    if (event == "presence_update"_L1) {
        const bool isGone = payload["status"_L1] == "offline"_L1;
        note("update:" + topic.sliced(10).toStdString() + ':' + user,
             isGone ? "" : faceOf(payload));
    } else if (event == "presence"_L1) {
        note("presence:" + topic.sliced(8).toStdString() + ':' + user,
             payload["action"_L1] == "join"_L1 ? "here" : "");
    } else {
        fault(topic, event, payload, "an unknown event");
    }
}

static std::string metaState(const QString &topic, const QJsonValue &entry)
{
    const QJsonObject meta = entry["metas"_L1].toArray().first().toObject();
    return topic.startsWith("channel:"_L1) ? "here" : faceOf(meta);
}

void Watcher::applyState(const QString &topic, const QJsonObject &state)
{
    for (auto it = state.begin(); it != state.end(); ++it)
        m_view[rosterKey(topic, it.key())] = metaState(topic, it.value());
}

void Watcher::applyDiff(const QString &topic, const QJsonObject &diff)
{
    const QJsonObject joins = diff["joins"_L1].toObject();
    const QJsonObject leaves = diff["leaves"_L1].toObject();
    for (auto it = leaves.begin(); it != leaves.end(); ++it) {
        const std::string key = rosterKey(topic, it.key());
        const auto held = m_view.find(key);
        if (held == m_view.end() || held->second != metaState(topic, it.value()))
            fault(topic, u"presence_diff"_s, diff, "leaves with another state than it had");
        if (!joins.contains(it.key()))
            set(key, "");
    }
    for (auto it = joins.begin(); it != joins.end(); ++it)
        set(rosterKey(topic, it.key()), metaState(topic, it.value()));
}

void Watcher::set(const std::string &key, const std::string &state)
{
    if (state.empty())
        m_view.erase(key);
    else
        m_view[key] = state;
    note(key, state);
}

void Watcher::follow(const std::string &key, const QString &field, const QString &topic,
                     const QString &event, const QJsonObject &payload)
{
    qint64 &held = m_numbers[key];
    const qint64 number = payload[field].toInteger();
    // What was missed while Redis was away may come in several messages of one number.
    const bool follows = payload["previous"_L1].toInteger(-2) == held && number >= held;
    if (!follows)
        fault(topic, event, payload, qPrintable(u"does not follow %1"_s.arg(held)));
    held = number;
}

void Watcher::fault(const QString &topic, const QString &event, const QJsonObject &payload,
                    const char *why)
{
    m_faults.append(u"%1 %2 %3: %4"_s.arg(
        topic, event, QString::fromUtf8(QJsonDocument(payload).toJson(QJsonDocument::Compact)),
        QString::fromUtf8(why)));
}

Model::View Watcher::expectedView(const Model::View &view) const
{
    Model::View expected = view;
    for (const auto &[topic, state] : view) {
        if (topic.starts_with("user:"))
            expected["watch:" + topic.substr(5)] = state;
    }
    return expected;
}

Watcher::Log Watcher::expectedLog(const std::vector<ModelEvent> &events) const
{
    Log expected;
    for (size_t i = m_firstEvent.value_or(0); i < events.size(); ++i) {
        const auto &[topic, what] = events[i];
        expected[topic].push_back(what);
        const std::string rest = topic.substr(topic.find(':') + 1);
        if (topic.starts_with("user:"))
            expected["watch:" + rest].push_back(what);
        else if (topic.starts_with("workspace:") && !m_isTerse)
            expected["update:" + rest].push_back(what);
        else if (topic.starts_with("view:") && !m_isTerse)
            expected["presence:" + rest].push_back(what);
    }
    return expected;
}

} // namespace presence::test
