// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/transport/transportfixture.h"
#include "tests/unit/transport/clientframe.h"

namespace presence::transport::test {

/// A raw client after its hand-shake; `received` holds frames only.
class RawWebSocket : public RawClient
{
public:
    explicit RawWebSocket(quint16 port) : RawClient(port) { write(handshake("/ws")); }

    bool open()
    {
        const auto isAnswered = [this] { return received.contains("\r\n\r\n"); };
        if (!QTest::qWaitFor(isAnswered))
            return false;
        received.remove(0, received.indexOf("\r\n\r\n") + 4);
        return true;
    }
};

inline QByteArray text(const QByteArray &payload)
{
    return clientFrame(kFinalText, payload);
}

inline QByteArray echoOf(const QByteArray &payload)
{
    return encodeFrame(Opcode::Text, payload);
}

inline QByteArray closeFrame(CloseCode code)
{
    return encodeClose(code, QByteArrayView(protocol::reasonFor(code)));
}

} // namespace presence::transport::test
