// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/origins.h"
#include "server/transport/http/requestparser.h"
#include "server/transport/websocket/websockethandshake.h"
#include "tests/fuzz/pieces.h"

#include <QByteArrayList>

using namespace presence::transport;

/// What the guard and the handlers behind it ask of a request.
static void ask(const HttpRequest &request)
{
    for (const char c : request.path())
        presence::fuzz::require(static_cast<quint8>(c) >= ' ' && c != 0x7f);
    (void)request.segments();
    (void)request.query().queryItems(QUrl::FullyDecoded);
    (void)Origins{.listed = {"https://app.example.com"}}.mayConnect(request);
    if (!missingForHandshake(request).isEmpty())
        return;
    // Nothing of the request ends a line of the answer.
    const auto answer = answerHandshake(request, "phoenix");
    presence::fuzz::require(!answer || answer->indexOf("\r\n\r\n") == answer->size() - 4);
}

/// What is understood of a stream: requests, and how it fails.
template <typename Pieces>
static QByteArrayList parse(QByteArrayView bytes, Pieces pieces)
{
    QByteArrayList understood;
    RequestParser parser;
    pieces(bytes, [&](QByteArrayView piece) {
        while (!piece.isEmpty()) {
            const qsizetype taken = parser.feed(piece);
            presence::fuzz::require(taken >= 0 && taken <= piece.size());
            if (parser.state() == RequestParser::State::Failed) {
                understood.append("failed " + QByteArray::number(parser.fault().status));
                return false;
            }
            if (parser.state() == RequestParser::State::Complete) {
                const HttpRequest request = parser.take();
                ask(request);
                understood.append(request.method + ' ' + request.target + ' ' + request.body);
            } else {
                presence::fuzz::require(taken == piece.size());
            }
            piece = piece.sliced(taken);
        }
        return true;
    });
    return understood;
}

extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    presence::fuzz::requireSameWhenCut(
        {data, qsizetype(size)}, [](auto bytes, auto pieces) { return parse(bytes, pieces); });
    return 0;
}
