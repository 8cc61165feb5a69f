// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/node.h"

namespace presence::test {

Node::Node(app::Config config)
    : m_config(std::move(config)), m_keys(m_config.redis), m_verifier(m_config.jwt),
      m_redis(m_config.redis, 1),
      m_changes(m_redis, m_keys, m_isConsumed, m_config.presence.streamCapacity),
      m_store{m_redis, m_keys, m_scripts, m_config.presence, nullptr, &m_changes},
      m_sweeper(m_store, m_config.nodeName), m_limiter(m_config.limits),
      m_origins(m_config.origins), m_longPolls({[](auto task) { task(); }}),
      m_services({m_config, m_keys, m_scripts, m_verifier, m_metrics, m_isConsumed, m_longPolls,
                  m_limiter, m_origins, m_redisState},
                 m_config.redis, 1, 0)
{
    const auto port = m_services.listen(QHostAddress::LocalHost, 0);
    if (!port)
        qFatal("a node cannot listen: %s", qPrintable(port.error().detail));
    m_port = *port;
    m_sweeper.start();
}

} // namespace presence::test
