// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/framereader.h"
#include "tests/fuzz/pieces.h"

#include <QByteArrayList>

using namespace presence::transport;

/// What is understood of a stream: messages, control frames, and how it ends.
template <typename Pieces>
static QByteArrayList read(QByteArrayView bytes, Pieces pieces)
{
    QByteArrayList understood;
    FrameReader reader;
    pieces(bytes, [&](QByteArrayView piece) {
        QByteArray own = piece.toByteArray(); // it is overwritten
        std::span<char> input(own.data(), size_t(own.size()));
        for (;;) {
            const FrameEvent event = reader.next(input);
            if (event.kind == FrameEvent::Kind::NeedMore)
                return true;
            understood.append(QByteArray::number(int(event.kind)) + ' '
                              + QByteArray::number(int(event.code)) + ' '
                              + event.payload.toByteArray());
            if (event.kind == FrameEvent::Kind::Close || event.kind == FrameEvent::Kind::Fault)
                return false;
        }
    });
    presence::fuzz::require(reader.buffered() <= presence::limits::kMaxMessage + 125);
    return understood;
}

extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    presence::fuzz::requireSameWhenCut({data, qsizetype(size)},
                                       [](auto bytes, auto pieces) { return read(bytes, pieces); });
    return 0;
}
