// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"
#include "shared/protocol/phoenixmessage.h"

namespace presence::protocol {

/// Parses a text message of a client; its event and payload are valid until the next parse on this
/// thread.
/// Malformed JSON, a wrong shape, an over-long reference or event name give ErrorCode::Malformed.
Result<Message> decodeText(Vsn vsn, QByteArrayView text);

/// Parses the head of a V2 binary push, whose event stays in `bytes`; its payload is not kept.
Result<Message> decodeBinary(QByteArrayView bytes);

/// A push to a client. `joinRef` is empty for a broadcast. `event` is one of ours, with nothing to
/// escape. `payload` is JSON.
QByteArray encodePush(Vsn vsn, const Ref &joinRef, const Ref &ref, QByteArrayView topic,
                      QByteArrayView event, QByteArrayView payload);

/// A push up to its payload, after which comes pushEnd(). V1 has no `joinRef`.
QByteArray encodePushHead(Vsn vsn, const Ref &joinRef, QByteArrayView topic, QByteArrayView event);
QByteArray pushEnd(Vsn vsn);

enum class ReplyStatus : quint8 { Ok, Error };

/// The answer to a message of a client. `response` is JSON.
QByteArray encodeReply(Vsn vsn, const Ref &joinRef, const Ref &ref, QByteArrayView topic,
                       ReplyStatus status, QByteArrayView response);

/// The answer to a heartbeat in the words of every client of V2,
/// [null,"12","phoenix","heartbeat",{}]: the most frequent of all messages, which needs no parser.
/// Empty for any other text.
QByteArray answerHeartbeat(Vsn vsn, QByteArrayView text);

} // namespace presence::protocol
