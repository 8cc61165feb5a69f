// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/conversation.h"

#include <algorithm>

namespace presence::bench {

static constexpr quint32 kNoTopic = ~quint32(0);
static constexpr QByteArrayView kRevision("\"revision\":");
static constexpr QByteArrayView kSequence("\"sequence\":");
static constexpr QByteArrayView kPrevious("\"previous\":");
static constexpr QByteArrayView kChange("\"change ");
static constexpr QByteArrayView kOwn("presence:");

qint64 Conversation::numberAfter(QByteArrayView text, QByteArrayView name)
{
    // From the end: that is where they are.
    const qsizetype at = text.lastIndexOf(name);
    if (at < 0)
        return -1;
    qint64 number = 0;
    for (qsizetype i = at + name.size(); i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
        number = number * 10 + (text[i] - '0');
    return number;
}

quint32 Conversation::indexOf(QByteArrayView topic) const
{
    const auto found = std::find_if(m_topics.begin(), m_topics.end(),
                                    [topic](const Topic &known) { return known.name == topic; });
    return found == m_topics.end() ? kNoTopic : static_cast<quint32>(found - m_topics.begin());
}

QByteArray Conversation::request(quint32 ref, const QByteArray &topic, const QByteArray &event,
                                 const QByteArray &payload)
{
    const quint32 index = indexOf(topic);
    const QByteArray joinRef = index == kNoTopic
        ? QByteArray("null")
        : '"' + QByteArray::number(m_topics[index].joinRef) + '"';
    m_waiting.push_back({ref, index, false});
    return '[' + joinRef + ",\"" + QByteArray::number(ref) + "\",\"" + topic + "\",\"" + event
        + "\"," + payload + ']';
}

QByteArray Conversation::join(quint32 ref, const QByteArray &topic, const QByteArray &payload)
{
    m_topics.push_back({.name = topic, .joinRef = ref});
    const QByteArray text = request(ref, topic, "phx_join", payload);
    m_waiting.back().isJoin = true;
    return text;
}

Conversation::Kind Conversation::take(const ServerMessage &message)
{
    if (message.event == "phx_reply")
        return takeReply(message);
    const quint32 index = indexOf(message.topic);
    if (index == kNoTopic)
        return faulty("of a topic that was not joined: " + message.event.toByteArray());
    Topic &topic = m_topics[index];
    if (message.event == "status_update")
        return takeChange(topic, message, kRevision, Kind::Update);
    if (message.event == "presence_diff")
        return takeChange(topic, message, kSequence, Kind::Other);
    if (message.event == "presence_state")
        return takeState(topic, message);
    // Nobody types here: of the number that the state has.
    if (message.event == "presence_update" || message.event == "presence"
        || message.event == "typing_state")
        return takeTold(topic, message);
    return faulty("unexpected: " + message.event.toByteArray());
}

Conversation::Kind Conversation::takeReply(const ServerMessage &message)
{
    const quint32 ref = message.ref.toUInt();
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(),
                                    [ref](const Waiting &each) { return each.ref == ref; });
    if (found == m_waiting.end())
        return faulty("reply to what was not asked");
    const Waiting waiting = *found;
    m_waiting.erase(found);
    if (message.topic != (waiting.topic == kNoTopic ? "phoenix" : m_topics[waiting.topic].name))
        return faulty("reply of another topic");
    if (!message.payload.startsWith("{\"status\":\"ok\""))
        return faulty("refused: " + message.payload.toByteArray().chopped(1));
    if (!waiting.isJoin)
        return message.payload == "{\"status\":\"ok\",\"response\":{}}]"
            ? Kind::Reply
            : faulty("reply with content");
    Topic &topic = m_topics[waiting.topic];
    topic.isJoined = true;
    if (topic.name.startsWith("user:")) {
        topic.held = numberAfter(message.payload, kRevision);
        const QByteArray user = "\"user_id\":\"" + topic.name.mid(5) + '"';
        if (!message.payload.contains(user) || topic.held < 0)
            return faulty("reply of another user");
    } else if (!topic.name.startsWith(kOwn)) {
        topic.held = numberAfter(message.payload, kSequence);
        if (topic.held < 0)
            return faulty("reply without a sequence");
    }
    return Kind::Reply;
}

Conversation::Kind Conversation::takeState(Topic &topic, const ServerMessage &message)
{
    if (!topic.isJoined)
        return faulty("presence_state before the reply");
    const bool isFirst = !std::exchange(topic.hasState, true);
    if (topic.name.startsWith(kOwn)) {
        if (!message.payload.contains('"' + topic.name.mid(kOwn.size()) + '"'))
            return faulty("presence_state of another user");
        const int change = static_cast<int>(numberAfter(message.payload, kChange));
        if (change < m_ownChange)
            return faulty("presence_state out of order");
        m_ownChange = change;
    } else if (!isFirst) {
        return faulty("presence_state a second time");
    }
    return isFirst ? Kind::State : Kind::Other;
}

/// Each change says what it comes after.
Conversation::Kind Conversation::takeChange(Topic &topic, const ServerMessage &message,
                                            QByteArrayView number, Kind kind)
{
    const qint64 next = numberAfter(message.payload, number);
    if (numberAfter(message.payload, kPrevious) != topic.held)
        return faulty(message.event.toByteArray() + " lost or out of order");
    if (next <= topic.held)
        return faulty(message.event.toByteArray() + " twice");
    topic.held = next;
    return kind;
}

/// What tells of a diff again has the numbers of diffs.
Conversation::Kind Conversation::takeTold(Topic &topic, const ServerMessage &message)
{
    const qint64 sequence = numberAfter(message.payload, kSequence);
    if (sequence < topic.told || sequence > topic.held)
        return faulty(message.event.toByteArray() + " out of order");
    topic.told = sequence;
    return Kind::Other;
}

bool Conversation::agrees(QHash<QByteArray, qint64> &held) const
{
    return std::all_of(m_topics.begin(), m_topics.end(), [&held](const Topic &topic) {
        const qint64 others = held.value(topic.name, topic.held);
        held.insert(topic.name, topic.held);
        return others == topic.held;
    });
}

Conversation::Kind Conversation::faulty(const QByteArray &what)
{
    m_fault = what;
    return Kind::Fault;
}

} // namespace presence::bench
