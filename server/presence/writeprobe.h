// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/redisstate.h"
#include "server/presence/store.h"

#include <QObject>
#include <QTimer>

#include <map>

namespace presence::rules {

/// Tries each second whether each master takes changes, and tells RedisState. A master that did is
/// said to refuse them when it has done so twice, so that a moment's trouble moves nobody.
/// Lives on the main thread.
class WriteProbe final : public QObject
{
    Q_OBJECT
public:
    WriteProbe(const Store &store, RedisState &state, QObject *parent = nullptr);

    void start();

private:
    struct Probe
    {
        redis::Address master; ///< nobody's without a cluster
        QByteArray key; ///< one of its slots
        QByteArray user; ///< the same
        int failures = 0;
        bool isUnderWay = false;
        int ticks = 0; ///< that it is under way
        bool isTried = false;
        QString error;
        bool isReached = true;
    };

    void tick();
    void followMap(const redis::SlotMap &map);
    void ask(Probe &probe);
    void answered(const redis::Address &master, const Result<redis::Client::Replies> &replies);
    void note(Probe &probe, const QString &error, bool isReached);
    void publish();

    const Store &m_store;
    RedisState &m_state;
    std::map<redis::Address, Probe> m_probes;
    QTimer m_timer;
};

} // namespace presence::rules
