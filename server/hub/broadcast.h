// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/phoenixmessage.h"

#include <QHashFunctions>

#include <array>

namespace presence::hub {

/// A push to everybody on a topic, encoded once for all of them. Belongs to one thread.
class Broadcast
{
public:
    /// `subject` is what the payload says all about, within the topic: who gets it needs no
    /// earlier one of the same. Null when earlier ones are needed.
    Broadcast(QByteArray topic, QByteArray event, QByteArray payload,
              const QByteArray &subject = {})
        : m_topic(std::move(topic)), m_event(std::move(event)), m_payload(std::move(payload)),
          m_subject(subject.isNull()
                        ? 0
                        : qHashMulti(QHashSeed::globalSeed(), m_topic, m_event, subject) | 1U)
    {
    }

    const QByteArray &topic() const { return m_topic; }
    const QByteArray &event() const { return m_event; }
    const QByteArray &payload() const { return m_payload; } ///< JSON

    quint64 subject() const { return m_subject; } ///< 0 for none

    /// The bytes for the wire: the Phoenix message, wrapped by `wrap` into a frame. Made when the
    /// first receiver asks and shared by the rest; `wrap` is the same for all.
    const QByteArray &frame(protocol::Vsn vsn, QByteArray (*wrap)(QByteArrayView)) const;

    /// What follows protocol::encodePushHead() in a message for one receiver, shared as well.
    const QByteArray &rest(protocol::Vsn vsn) const;

private:
    QByteArray m_topic;
    QByteArray m_event;
    QByteArray m_payload;
    quint64 m_subject;
    mutable std::array<QByteArray, 2> m_frames; ///< by Vsn
    mutable std::array<QByteArray, 2> m_rests; ///< by Vsn
};

} // namespace presence::hub
