// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/metricsendpoint.h"

namespace presence::http {

using namespace Qt::StringLiterals;

void MetricsEndpoint::handle(const transport::HttpRequest &request, Answer answer)
{
    const QByteArray path = request.path();
    const bool isHealth = path == "/health";
    if (!isHealth && path != "/metrics")
        return answer(problem({ErrorCode::NotFound, u"there are /metrics and /health here"_s}));
    if (request.method != "GET") {
        auto refusal = transport::problem(405, u"method not allowed here"_s);
        refusal.headers.add("Allow", "GET, HEAD");
        return answer(refusal);
    }
    if (isHealth)
        m_api.answerHealth(answer);
    else
        m_api.answerMetrics(answer);
}

transport::UpgradeDecision MetricsEndpoint::decide(const transport::HttpRequest &)
{
    return transport::problem(404, u"no WebSocket here"_s);
}

} // namespace presence::http
