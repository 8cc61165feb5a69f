// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/locator.h"
#include "server/redis/query.h"

#include <QDeadlineTimer>
#include <QTimer>

#include <vector>

namespace presence::redis {

/// Asks the sentinels for the master, by the rules for clients of Sentinel: one after the other,
/// each for a short time; the one that answered is asked first next time. Between two connections
/// it goes on asking now and then, because nobody tells a client that is cut off from its master,
/// or whose master is cut off from the sentinels, that there is another one.
///
/// Errors: Unavailable, with "no sentinel can be reached" and why, or with "the sentinels know no
/// master named …".
class SentinelLocator final : public Locator
{
    Q_OBJECT
public:
    explicit SentinelLocator(const Deployment &deployment);

    void locate(Callback<Endpoint> found) override;
    QString description() const override;

private:
    void beginRound();
    void ask();
    void answered(const Result<Reply> &reply);
    void found(const Address &master);
    void askForMore();
    void learn(const Reply &sentinels);

    Deployment m_deployment;
    std::vector<Address> m_sentinels; ///< those given, and those that they know
    size_t m_tried = 0; ///< of them, in this round
    bool m_someAnswered = false; ///< in this round
    QString m_lastFailure; ///< in this round
    QDeadlineTimer m_moreIsKnown; ///< until the sentinels may be asked for others
    Callback<Endpoint> m_found; ///< empty while it asks by itself
    std::optional<Address> m_master; ///< located last
    std::unique_ptr<Query> m_query;
    std::unique_ptr<Query> m_more; ///< for other sentinels
    QTimer m_again;
};

} // namespace presence::redis
