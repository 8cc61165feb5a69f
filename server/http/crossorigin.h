// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/origins.h"
#include "server/transport/http/requesthandler.h"
#include "server/transport/longpoll/longpoll.h"
#include "shared/core/replaceable.h"

namespace presence::http {

/// Lets scripts of listed origins read the answers of another handler (CORS), and answers their
/// preflights itself. Long polling stands for a WebSocket: who may open one may read it. Lives on
/// the shard's thread.
class CrossOrigin final : public transport::RequestHandler
{
public:
    CrossOrigin(transport::RequestHandler &next, const Replaceable<transport::Origins> &origins)
        : m_next(next), m_origins(origins)
    {
    }

    bool wantsBody(const transport::HttpRequest &head) override { return m_next.wantsBody(head); }
    bool isOfSession(const transport::HttpRequest &request) override
    {
        return m_next.isOfSession(request);
    }
    void handle(const transport::HttpRequest &request, Answer answer) override;

private:
    bool mayRead(const transport::HttpRequest &request, const QByteArray &origin) const;

    transport::RequestHandler &m_next;
    const Replaceable<transport::Origins> &m_origins;
};

} // namespace presence::http
