// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/presencegauges.h"

#include "server/redis/replies.h"

namespace presence::rules {

using redis::KeySpace;
using redis::Reply;

/// Workspaces and channels with a label of their own.
static constexpr int kLabels = 50;

static Result<metrics::LabelledCounts> toCounts(const Reply &reply)
{
    if (reply.elements().size() != 2)
        return fail(ErrorCode::Internal, QStringLiteral("unexpected answer of due/largest.lua"));
    metrics::LabelledCounts counts;
    counts.other = static_cast<double>(reply.elements()[0].toInteger().value_or(0));
    for (const auto &[name, count] : redis::Pairs(reply.elements()[1]))
        counts.largest.emplace_back(name.bytes(), count.bytes().toDouble());
    return counts;
}

void readLargest(const Store &store, const QByteArray &key, int limit,
                 Callback<metrics::LabelledCounts> done)
{
    store.redis.eval(store.scripts.dueLargest, {key}, {number(limit)},
                     [done = std::move(done)](Result<Reply> reply) {
                         done(accepted(std::move(reply)).and_then(toCounts));
                     });
}

void PresenceGauges::refresh(std::function<void()> done)
{
    readLargest(m_store, KeySpace::kWorkspaces, kLabels,
                [this, done = std::move(done)](const auto &workspaces) {
                    if (workspaces)
                        m_metrics.setOnlineUsers(*workspaces);
                    readLargest(m_store, KeySpace::kTypingCounts, kLabels,
                                [this, done](const auto &channels) {
                                    if (channels)
                                        m_metrics.setTypingUsers(*channels);
                                    done();
                                });
                });
}

} // namespace presence::rules
