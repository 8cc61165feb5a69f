// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"
#include "shared/model/roster.h"

namespace presence::rules {

/// What a channel script returns: see state() in resources/lua/channel/lib.lua.
struct ChannelStep
{
    qint64 nextCheck = 0; ///< s since the epoch, 0 when nobody is here
    qint64 viewers = 0; ///< users
    qint64 typing = 0; ///< users
};

/// For callers that do not care for the step.
Callback<ChannelStep> withoutStep(Callback<void> done);

/// Runs scripts on a channel's keys and keeps the indexes that the sweeper and the metrics read.
class ChannelSteps
{
public:
    explicit ChannelSteps(const Store &store) : m_store(store) { }

    /// `arguments` are those from ARGV[6] on.
    void run(const redis::Script &script, const ChannelId &channel,
             std::vector<QByteArray> arguments, Callback<ChannelStep> done);

    void read(const ChannelId &channel, Callback<Roster> done) const;

private:
    std::vector<QByteArray> arguments(const ChannelId &channel) const;
    void updateIndexes(const ChannelId &channel, const ChannelStep &step);

    const Store &m_store;
};

} // namespace presence::rules
