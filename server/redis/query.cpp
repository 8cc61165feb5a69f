// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/query.h"

namespace presence::redis {

Query::Query(const Endpoint &server, Command command, std::chrono::milliseconds patience,
             Callback<Reply> done)
    : m_command(std::move(command)), m_done(std::move(done)),
      m_link(
          std::make_unique<FixedLocator>(server), [this](Reply reply) { finish(std::move(reply)); },
          Link::Log::Nothing)
{
    const auto unavailable
        = [this](const QString &why) { finish(fail(ErrorCode::Unavailable, why)); };
    connect(&m_link, &Link::ready, this, [this] {
        QByteArray out;
        m_command.appendTo(out);
        m_link.write(out);
    });
    connect(&m_link, &Link::failed, this, unavailable);
    m_deadline.setSingleShot(true);
    connect(&m_deadline, &QTimer::timeout, this,
            [unavailable] { unavailable(QStringLiteral("no answer in time")); });
    m_deadline.start(patience);
}

// Queued: the link is on the stack, and the callback may destroy it with the query.
void Query::finish(Result<Reply> result)
{
    if (!m_done)
        return;
    m_deadline.stop();
    QMetaObject::invokeMethod(
        this, [done = std::exchange(m_done, nullptr), result = std::move(result)] { done(result); },
        Qt::QueuedConnection);
}

} // namespace presence::redis
