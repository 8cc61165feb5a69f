// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/cluster/slotmap.h"
#include "server/redis/replyreader.h"
#include "tests/fuzz/pieces.h"

using namespace presence;
using namespace presence::redis;

/// What a server says, which may be no Redis at all.
extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    ReplyReader reader;
    fuzz::inPieces({data, qsizetype(size)}, [&](QByteArrayView piece) {
        reader.feed(piece);
        for (;;) {
            const Result<std::optional<Reply>> reply = reader.next();
            if (!reply)
                return false;
            if (!*reply)
                return true;
            (void)(*reply)->toInteger();
            (void)(*reply)->toHash();
            (void)SlotMap::from(**reply, {QStringLiteral("127.0.0.1"), 6379});
        }
    });
    return 0;
}
