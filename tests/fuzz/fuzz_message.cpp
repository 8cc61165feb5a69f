// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/phoenixcodec.h"
#include "tests/fuzz/pieces.h"

using namespace presence;
using namespace presence::protocol;

static QByteArray replyTo(Vsn vsn, const MessageHead &message)
{
    return encodeReply(vsn, message.joinRef, message.ref, message.topic, ReplyStatus::Ok, "{}");
}

/// A message of a client, whose answer finds its way back.
extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    for (const Vsn vsn : {Vsn::V1, Vsn::V2}) {
        const auto message = decodeText(vsn, bytes);
        if (!message)
            continue;
        fuzz::require(message->payload.isObject() || !message->payload.isGiven());
        const auto reply = decodeText(vsn, replyTo(vsn, *message));
        fuzz::require(reply && reply->ref == message->ref && reply->topic == message->topic);
        fuzz::require(vsn == Vsn::V1 || reply->joinRef == message->joinRef);
    }
    // Its refs and its topic need not be UTF-8; what goes out as text has to be.
    if (const auto message = decodeBinary(bytes))
        fuzz::require(JsonView::parse(replyTo(Vsn::V2, *message)).has_value());
    return 0;
}
