// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/presencegauges.h"

namespace presence::rules {

using redis::KeySpace;
using redis::Reply;

/// Workspaces and channels with a label of their own.
static constexpr int kLabels = 50;

static metrics::LabelledCounts toCounts(const Reply &reply)
{
    metrics::LabelledCounts counts;
    if (reply.elements().size() != 2)
        return counts;
    counts.other = static_cast<double>(reply.elements()[0].toInteger().value_or(0));
    const auto &rows = reply.elements()[1].elements();
    for (size_t i = 0; i + 1 < rows.size(); i += 2)
        counts.largest.emplace_back(rows[i].bytes(), rows[i + 1].bytes().toDouble());
    return counts;
}

void PresenceGauges::refresh(std::function<void()> done)
{
    read(KeySpace::kWorkspaces, [this, done = std::move(done)](const auto &workspaces) {
        if (workspaces)
            m_metrics.setOnlineUsers(*workspaces);
        read(KeySpace::kTypingCounts, [this, done](const auto &channels) {
            if (channels)
                m_metrics.setTypingUsers(*channels);
            done();
        });
    });
}

void PresenceGauges::read(const QByteArray &key, Callback<metrics::LabelledCounts> done)
{
    m_store.redis.eval(m_store.scripts.indexLargest, {key}, {number(kLabels)},
                       [done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).map(toCounts));
                       });
}

} // namespace presence::rules
