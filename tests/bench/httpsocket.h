// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/stream.h"

#include <functional>

namespace presence::bench {

/// A keep-alive HTTP connection, one request at a time. Lives on one thread.
class HttpSocket final : public Stream
{
public:
    /// The status and the body, valid during the call; 0 and why when the connection ended.
    using Answer = std::function<void(int status, QByteArrayView body)>;

    HttpSocket(std::function<void()> connected, Answer answer);

    /// Sends a whole request, head and body. Not before the last was answered.
    void request(QByteArrayView bytes) { send(bytes); }

private:
    void connected() override { m_connected(); }
    qsizetype consume(QByteArrayView bytes) override;
    void ended(const QByteArray &why) override { m_answer(0, why); }

    std::function<void()> m_connected;
    Answer m_answer;
};

} // namespace presence::bench
