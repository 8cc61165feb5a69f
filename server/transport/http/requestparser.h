// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/chunkdecoder.h"
#include "server/transport/http/requesthead.h"

namespace presence::transport {

/// One HTTP request out of bytes as they come. A pure value: no socket, no timer, no thread.
///
/// Refuses as early as a fault shows, without keeping more than limits::kMaxRequestHead and
/// kMaxRequestBody; the rules are those of parseRequestHead() and ChunkDecoder.
class RequestParser
{
public:
    enum class State : quint8 { NeedMore, Complete, Failed };

    /// Takes bytes up to the end of one request and returns how many; what follows is left to the
    /// caller, for the next request or for what the connection is upgraded to.
    qsizetype feed(QByteArrayView bytes);

    State state() const { return m_state; }

    /// True when not a byte of a request has come.
    bool isIdle() const { return m_phase == Phase::Head && m_bytes.isEmpty(); }

    /// The head of a request whose body is still to come, once: null when there is none, or when it
    /// was asked for before.
    const HttpRequest *takeHead();

    /// Bytes that the body may have.
    qsizetype bodyLimit() const;

    /// True, once, when the client waits for "100 Continue" before it sends the body.
    bool takeExpectation();

    /// The request, when state() is Complete, or as far as it has come; the parser then starts
    /// over.
    HttpRequest take();

    /// What is wrong, when state() is Failed.
    const RequestFault &fault() const { return m_fault; }

private:
    enum class Phase : quint8 { Head, SizedBody, ChunkedBody };

    qsizetype feedHead(QByteArrayView bytes);
    qsizetype feedSizedBody(QByteArrayView bytes);
    qsizetype feedChunks(QByteArrayView bytes);
    qsizetype takeText(QByteArrayView bytes);
    void takeHeadByte(char byte);
    void checkHeadSize();
    void finishHead();
    void fail(int status, const QString &detail);

    QByteArray m_bytes; ///< of the head
    RequestHead m_head;
    ChunkDecoder m_chunks;
    RequestFault m_fault;
    qsizetype m_lineStart = 0; ///< of the present line in m_bytes
    Phase m_phase = Phase::Head;
    int m_emptyLines = 0; ///< before the request line
    bool m_isHeadTaken = false;
    State m_state = State::NeedMore;
};

} // namespace presence::transport
