// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/httpsocket.h"

namespace presence::bench {

HttpSocket::HttpSocket(std::function<void()> connected, Answer answer)
    : m_connected(std::move(connected)), m_answer(std::move(answer))
{
}

/// The first answer, as a daemon sends it that says how long each body is.
qsizetype HttpSocket::consume(QByteArrayView bytes)
{
    static constexpr QByteArrayView kEnd("\r\n\r\n");
    static constexpr QByteArrayView kStart("HTTP/1.1 ");
    static constexpr QByteArrayView kLength("\r\nContent-Length: ");
    const qsizetype end = bytes.indexOf(kEnd);
    if (end < 0)
        return 0;
    const QByteArrayView head = bytes.first(end + 2);
    const qsizetype at = head.indexOf(kLength);
    if (!head.startsWith(kStart) || at < 0) {
        fail("not an HTTP answer with a length");
        return bytes.size();
    }
    const QByteArrayView rest = head.sliced(at + kLength.size());
    const qsizetype length = rest.first(rest.indexOf('\r')).toLongLong();
    const qsizetype body = end + kEnd.size();
    if (bytes.size() < body + length)
        return 0;
    m_answer(head.sliced(kStart.size(), 3).toInt(), bytes.sliced(body, length));
    return body + length;
}

} // namespace presence::bench
