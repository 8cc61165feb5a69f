// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/transcript.h"

#include "tests/integration/stories/loop.h"
#include "tests/support/token.h"

#include <QJsonArray>

#include <algorithm>

namespace presence::test {

using namespace Qt::StringLiterals;

static const QStringList kTimeKeys{u"last_seen"_s, u"updated_at"_s, u"online_at"_s, u"timestamp"_s,
                                   u"expires_at"_s};
static const QStringList kNumberKeys{u"revision"_s, u"previous"_s, u"sequence"_s, u"phx_ref"_s,
                                     u"phx_ref_prev"_s};

Transcript::Transcript(World &world, const std::string &prefix, StoryIds ids,
                       const std::string &hero)
    : m_world(world), m_prefix(text(prefix)), m_ids(std::move(ids)), m_hero(text(hero)),
      m_start(world.now() / 1000), m_reader(m_prefix + u"reader"_s),
      m_log(world.redis(), {"presence:updates", "presence:status", "presence:typing"}),
      m_topic(u"presence:"_s + m_reader)
{
    m_client = std::make_unique<AsyncClient>(
        world.node(0).port(), tokenFor(m_reader),
        [](const QString &, const QString &, const QJsonObject &) {});
    const QString ref = m_client->join(m_topic);
    if (!until([&] { return m_client->reply(ref).has_value(); }))
        qFatal("nobody to read");
}

QJsonValue Transcript::plain(const QString &source, const QString &key, const QJsonValue &value)
{
    if (value.isObject()) {
        QJsonObject object = value.toObject();
        // When the last heartbeat of somebody who is here was, is chance.
        const QString status = object.value("status"_L1).toString(u"offline"_s);
        if (status != "offline"_L1)
            object.remove(u"last_seen"_s);
        // Of others, in which of two seconds something was swept is chance, too.
        if (object.contains("user_id"_L1) && object["user_id"_L1] != m_hero)
            object.remove(u"updated_at"_s);
        if (object.contains("id"_L1) || object.value("user_id"_L1).toString(m_hero) != m_hero)
            object.remove(u"timestamp"_s);
        for (auto it = object.begin(); it != object.end(); ++it)
            it.value() = plain(source, it.key(), it.value());
        return object;
    }
    if (value.isArray()) {
        QList<QJsonValue> elements;
        for (const QJsonValue &element : value.toArray())
            elements.append(plain(source, key, element));
        // Users and devices come by their last heartbeat: whose was the older is chance.
        std::ranges::stable_sort(
            elements, {}, [](const QJsonValue &element) { return element["id"_L1].toString(); });
        QJsonArray array;
        for (const QJsonValue &element : std::as_const(elements))
            array.append(element);
        return array;
    }
    if (kTimeKeys.contains(key) && value.isDouble())
        return value.toInteger() - m_start;
    if (!kNumberKeys.contains(key))
        return value;
    const QString number = value.toVariant().toString();
    auto &known = m_numbers[source];
    auto found = std::ranges::find(known, number);
    if (found == known.end())
        found = known.insert(known.end(), number);
    return u"#%1"_s.arg(found - known.begin());
}

void Transcript::add(const QString &source, const QJsonValue &what)
{
    const QJsonObject line{
        {u"from"_s, source}, {u"is"_s, plain(source, {}, what)}, {u"step"_s, m_step}};
    m_lines.append(QString::fromUtf8(QJsonDocument(line).toJson(QJsonDocument::Compact))
                       .replace(m_prefix, u"~"_s));
}

QJsonValue Transcript::get(const QString &path)
{
    const auto answer = m_world.rest(0, m_reader, "GET", path);
    return QJsonObject{{u"status"_s, answer.status}, {u"body"_s, answer.body.object()}};
}

QJsonValue Transcript::ask(const QString &event, const QJsonObject &payload)
{
    const QString ref = m_client->push(m_topic, event, payload);
    if (!until([&] { return m_client->reply(ref).has_value(); }))
        qFatal("no reply to %s", qPrintable(event));
    return *m_client->reply(ref);
}

void Transcript::read()
{
    const QJsonObject ids{{u"user_ids"_s, QJsonArray{m_hero}}};
    // Numbers are those of the user, wherever they are read.
    const QString source = u"user:"_s + m_hero;
    add(source, get(u"/api/presence/users/"_s + m_hero));
    add(source, m_world.rest(1, m_reader, "POST", u"/api/presence/bulk"_s, ids).body.array());
    add(source, ask(u"get_presence"_s, ids));
    for (const std::string &name : m_ids.workspaces)
        add(u"workspace:"_s + text(name),
            get(u"/api/presence/workspace/%1/online"_s.arg(text(name))));
    for (const std::string &name : m_ids.channels) {
        const QString path = u"/api/presence/channel/%1/"_s.arg(text(name));
        add(u"channel:"_s + text(name), get(path + u"viewers"_s));
        add(u"channel:"_s + text(name), get(path + u"typing"_s));
    }
    readMetrics();
}

/// The gauges of this story's workspaces and channels.
void Transcript::readMetrics()
{
    QByteArrayList metrics = m_world.metrics(2).split('\n');
    std::ranges::sort(metrics); // Their order is not defined.
    for (const QByteArray &line : std::as_const(metrics)) {
        // Where nobody is, a line stays until the sweeper has looked there.
        // How many are online is counted by whoever was last, and put right every ten ticks: the
        // online list is compared instead.
        if (line.startsWith("presence_") && !line.startsWith("presence_online_users")
            && line.contains(m_prefix.toUtf8()) && !line.endsWith("} 0"))
            add(u"metrics"_s, QString::fromUtf8(line));
    }
}

/// The users that a message is about.
static QString subjects(const QJsonObject &payload)
{
    if (payload.contains("user_id"_L1))
        return payload["user_id"_L1].toString();
    return (payload["joins"_L1].toObject().keys() + payload["leaves"_L1].toObject().keys())
        .join(u' ');
}

/// As it is told, without what watchers check themselves: that it follows the one before.
static QJsonObject withoutPlace(QJsonObject payload)
{
    const qint64 steps
        = payload.value("sequence"_L1).toInteger() - payload.value("previous"_L1).toInteger();
    if (payload.contains("sequence"_L1) && payload.contains("previous"_L1))
        // The first number of a topic is a time.
        payload["steps"_L1] = std::min(steps, qint64(1'000'000));
    payload.remove("sequence"_L1);
    payload.remove("previous"_L1);
    return payload;
}

/// Topic by topic: how they mix is not defined. Nor is the order of two users' events in one step:
/// their causes may have come in one moment.
void Transcript::hear(const Watchers &watchers)
{
    std::map<QString, Told> topics;
    m_heard.resize(watchers.size());
    for (size_t i = 0; i < watchers.size(); ++i) {
        const auto &all = watchers[i]->heard();
        for (; m_heard[i] < all.size(); ++m_heard[i]) {
            const Watcher::Heard &heard = all[m_heard[i]];
            // What it sees of itself comes whenever it comes.
            if (heard.event == "presence_state"_L1 && heard.topic.startsWith("presence:"_L1))
                continue;
            topics[u"watcher %1 "_s.arg(i) + heard.topic].emplace_back(
                subjects(heard.payload),
                QJsonObject{{u"event"_s, heard.event},
                            {u"payload"_s, withoutPlace(heard.payload)}});
        }
    }
    hearPublished(topics);
    for (auto &[topic, told] : topics) {
        std::ranges::stable_sort(told, {}, &Told::value_type::first);
        for (const auto &[user, message] : told)
            add(topic, message);
    }
}

/// What other services can hear.
void Transcript::hearPublished(std::map<QString, Told> &topics)
{
    const QByteArray fence = "fence" + QByteArray::number(m_step);
    // Messages of one master keep their order, those of two do not.
    m_world.tell("PUBLISH presence:typing " + fence);
    const auto fences = static_cast<qsizetype>(
        m_world.redis().kind() == RedisDeployment::Kind::Cluster ? m_world.redis().size() : 1);
    if (!until([&] { return m_log.on("presence:typing").count(fence) >= fences; }))
        qFatal("Redis does not publish");
    for (const auto &[channel, payload] : std::exchange(m_log.messages, {})) {
        if (payload == fence)
            continue;
        const QJsonObject json = QJsonDocument::fromJson(payload).object();
        const QString user = json["user_id"_L1].toString();
        if (user.startsWith(m_prefix) && user != m_reader)
            topics[QString::fromUtf8(channel) + u' ' + json["workspace_id"_L1].toString()
                   + json["channel_id"_L1].toString()]
                .emplace_back(user, json);
    }
}

void Transcript::take(const Watchers &watchers)
{
    ++m_step;
    hear(watchers);
    read();
}

} // namespace presence::test
