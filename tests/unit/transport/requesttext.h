// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/requestparser.h"

namespace presence::transport::test {

using namespace Qt::StringLiterals;
using State = RequestParser::State;

inline QByteArray post(const QByteArray &fields, const QByteArray &body = {})
{
    return "POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}

inline QByteArray chunked(const QByteArray &body)
{
    return post("Transfer-Encoding: chunked\r\n"_ba, body);
}

/// The status a request is refused with, or 0 when it is taken, or -1 when it is not whole.
inline int statusOf(const RequestParser &parser)
{
    switch (parser.state()) {
    case State::NeedMore:
        return -1;
    case State::Complete:
        return 0;
    case State::Failed:
        return parser.fault().status;
    }
    return -2;
}

} // namespace presence::transport::test
