// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/statusexpiry.h"

namespace presence::rules {

static constexpr int kExpiryBatch = 500;

StatusExpiry::StatusExpiry(const Store &store)
    : m_store(store), m_steps(store), m_index(store, redis::KeySpace::kStatusExpiry)
{
}

void StatusExpiry::sweep()
{
    m_index.due(kExpiryBatch, [this](Result<std::vector<Index::Entry>> entries) {
        if (!entries)
            return;
        for (const Index::Entry &entry : *entries) {
            const UserId user(entry.member);
            m_steps.check(m_store.scripts.userExpireStatus, user, {},
                          [this, entry, user](Result<UserStep> step) {
                              if (!step)
                                  return;
                              m_index.checked(entry, step->expiresAt);
                          });
        }
    });
}

} // namespace presence::rules
