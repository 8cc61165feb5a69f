// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/command.h"
#include "server/redis/link.h"

#include <QTimer>

namespace presence::redis {

/// One command to one server over a socket of its own: for asking who is who.
class Query final : public QObject
{
    Q_OBJECT
public:
    /// `done` is called once, from the event loop, and may destroy the query; destroying it
    /// earlier drops the callback. Unavailable when the server cannot be reached, or does not
    /// answer within `patience`.
    Query(const Endpoint &server, Command command, std::chrono::milliseconds patience,
          Callback<Reply> done);

private:
    void finish(Result<Reply> result);

    Command m_command;
    Callback<Reply> m_done;
    QTimer m_deadline;
    Link m_link;
};

} // namespace presence::redis
