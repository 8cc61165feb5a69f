// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/servermessage.h"

#include <QByteArray>
#include <QHash>

#include <vector>

namespace presence::bench {

/// What one WebSocket has asked and holds, and whether what it is told fits: each reply to a
/// request that waits, and each change after the one before it.
class Conversation
{
public:
    enum class Kind : quint8 {
        Reply, ///< to a request
        State, ///< the first presence_state of a topic
        Update, ///< a status_update
        Other,
        Fault, ///< it does not fit; fault() says how
    };

    /// A request is about to be sent: its text.
    QByteArray request(quint32 ref, const QByteArray &topic, const QByteArray &event,
                       const QByteArray &payload);
    /// As request(), phx_join.
    QByteArray join(quint32 ref, const QByteArray &topic, const QByteArray &payload);

    /// A message has come.
    Kind take(const ServerMessage &message);

    /// Short, and the same for the same cause.
    const QByteArray &fault() const { return m_fault; }
    bool isAnswered() const { return m_waiting.empty(); }
    /// The number in the custom message of the last presence_state of its own user; -1: none.
    int lastOwnChange() const { return m_ownChange; }
    /// Whether it holds the same as all before it of the topics that it shares with them: `held`,
    /// by topic, to which it adds its own.
    bool agrees(QHash<QByteArray, qint64> &held) const;

    /// The number after `name`, which has quotes and a colon; -1 when there is none.
    static qint64 numberAfter(QByteArrayView text, QByteArrayView name);

private:
    struct Waiting
    {
        quint32 ref;
        quint32 topic; ///< index; kNoTopic for phoenix
        bool isJoin;
    };
    struct Topic
    {
        QByteArray name;
        quint32 joinRef = 0;
        qint64 held = -1; ///< sequence or revision
        qint64 told = -1; ///< sequence of the last presence or presence_update
        bool isJoined = false;
        bool hasState = false;
    };

    Kind takeReply(const ServerMessage &message);
    Kind takeState(Topic &topic, const ServerMessage &message);
    Kind takeChange(Topic &topic, const ServerMessage &message, QByteArrayView number, Kind kind);
    Kind takeTold(Topic &topic, const ServerMessage &message);
    Kind faulty(const QByteArray &what);
    quint32 indexOf(QByteArrayView topic) const;

    std::vector<Topic> m_topics;
    std::vector<Waiting> m_waiting;
    QByteArray m_fault;
    int m_ownChange = -1;
};

} // namespace presence::bench
