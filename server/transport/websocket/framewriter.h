// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/disconnect.h"

#include <QByteArray>

namespace presence::transport {

enum class Opcode : quint8 {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10
};

/// One whole, unmasked frame as a server sends it. The array is shared, so one call serves any
/// number of receivers.
QByteArray encodeFrame(Opcode opcode, QByteArrayView payload);

/// The head of a frame whose payload, of so many bytes, comes after it.
QByteArray encodeFrameHead(Opcode opcode, qsizetype size);

/// What encodeFrame() was given.
QByteArrayView payloadOf(QByteArrayView frame);

/// A close frame. NoStatus and Abnormal, which never go on the wire, give a frame without a code.
/// `reason` is cut to what a control frame holds, never inside a character.
QByteArray encodeClose(protocol::CloseCode code, QByteArrayView reason = {});

} // namespace presence::transport
