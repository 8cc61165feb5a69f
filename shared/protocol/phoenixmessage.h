// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/jsonview.h"

#include <QByteArray>

/// The messages of Phoenix Channels, serializers V1 and V2.
namespace presence::protocol {

enum class Vsn : quint8 {
    V1, ///< {"topic","event","payload","ref"}
    V2, ///< [join_ref, ref, topic, event, payload]
};

/// A reference chosen by the client, kept as the JSON it came as ("7" with its quotes, or 7) so
/// that it goes back unchanged. Empty stands for null.
using Ref = QByteArray;

/// What a message from a client is about, and what its answer refers to.
struct MessageHead
{
    Ref joinRef;
    Ref ref;
    QByteArray topic;
};

/// A message from a client while it is handled; what is kept for later is its head.
struct Message : MessageHead
{
    Message() = default;
    Message(Message &&) = default;
    Message &operator=(Message &&) = default;

    QByteArrayView event;
    JsonView payload; ///< an object, or undefined
    bool isBinary = false; ///< carried a binary payload, which no event of ours takes
};

namespace event {
inline constexpr char kJoin[] = "phx_join";
inline constexpr char kLeave[] = "phx_leave";
inline constexpr char kReply[] = "phx_reply";
inline constexpr char kClose[] = "phx_close";
inline constexpr char kError[] = "phx_error";
inline constexpr char kHeartbeat[] = "heartbeat";
inline constexpr char kAccessToken[] = "access_token"; ///< on any topic, with {access_token}
inline constexpr char kPresenceState[] = "presence_state";
inline constexpr char kPresenceDiff[] = "presence_diff";
inline constexpr char kPresenceUpdate[] = "presence_update";
inline constexpr char kStatusUpdate[] = "status_update";
inline constexpr char kPresence[] = "presence";
inline constexpr char kTyping[] = "typing";
inline constexpr char kTypingState[] = "typing_state";
} // namespace event

inline constexpr char kPhoenixTopic[] = "phoenix";

} // namespace presence::protocol
