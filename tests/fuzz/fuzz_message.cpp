// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/phoenixcodec.h"
#include "shared/protocol/requests.h"

using namespace presence;
using namespace presence::protocol;

/// A message of a client, and all that may be asked of its payload.
extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    for (const Vsn vsn : {Vsn::V1, Vsn::V2}) {
        const auto message = decodeText(vsn, bytes);
        if (!message)
            continue;
        (void)parseStatusChange(message->payload);
        (void)parseUserIds(message->payload, 1000);
        (void)parseDeviceState(message->payload["state"]);
        (void)parseId<ChannelId>(message->payload["channel_id"], QLatin1StringView("channel_id"));
    }
    (void)decodeBinary(bytes);
    return 0;
}
