// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/index.h"

namespace presence::rules {

using redis::Reply;

void Index::due(int limit, Callback<std::vector<Entry>> done) const
{
    const auto toEntries = [](const Reply &reply) -> Result<std::vector<Entry>> {
        std::vector<Entry> entries;
        const auto &fields = reply.elements();
        for (size_t i = 0; i + 1 < fields.size(); i += 2)
            entries.push_back({fields[i].bytes(), fields[i + 1].bytes()});
        return entries;
    };
    m_store.redis.eval(m_store.scripts.indexDue, {m_key}, {number(limit)},
                       [toEntries, done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toEntries));
                       });
}

void Index::checked(const Entry &entry, qint64 nextCheck) const
{
    m_store.redis.eval(m_store.scripts.indexChecked, {m_key},
                       {entry.member, entry.due, number(nextCheck)}, [](const auto &) {});
}

} // namespace presence::rules
