// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/cluster/slotmap.h"
#include "server/redis/query.h"
#include "shared/core/backoff.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <vector>

namespace presence::redis {

/// What a Redis Cluster looks like: asks any node of it for the map of slots, at the start, now
/// and then, and whenever somebody was sent elsewhere or found nobody. Belongs to one thread.
///
/// One question is under way at a time, and a pause between two: a failover makes everybody ask.
/// The nodes that were configured are asked again for ever, when those of the map do not answer.
class Topology final : public QObject
{
    Q_OBJECT
public:
    explicit Topology(const Deployment &deployment);

    /// Empty until the first answer.
    const SlotMap &map() const { return m_map; }
    bool isKnown() const { return m_map.covered() > 0; }

    /// Asks soon.
    void refresh();
    /// Whether a master of the map cannot be reached: then it asks each second.
    void setDegraded(bool isDegraded);

Q_SIGNALS:
    /// map() is another one. Slots may destroy it.
    void changed();

private:
    void begin();
    void ask();
    void answered(const Address &asked, const Result<Reply> &reply);
    void warnOfNameless(const SlotMap &map);
    void scheduleNext();

    Deployment m_deployment;
    SlotMap m_map;
    std::vector<Address> m_candidates; ///< to be asked in this round, the last first
    std::unique_ptr<Query> m_query; ///< under way
    bool m_isWanted = false; ///< somebody asked while one was under way
    bool m_isDegraded = false;
    QString m_lastFailure; ///< of a node in this round
    QStringList m_nameless; ///< nodes that were warned of last
    bool m_hasWarned = false; ///< since the last answer
    Backoff m_backoff;
    QTimer m_timer; ///< before the next round
};

} // namespace presence::redis
