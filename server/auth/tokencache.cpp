// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/tokencache.h"

namespace presence::auth {

Result<Caller> TokenCache::verify(const QByteArray &token, std::chrono::sys_seconds now)
{
    // Nobody comes in any more by a key that was taken out.
    if (const quint64 generation = m_verifier.generation(); m_generation != generation) {
        m_callers.clear();
        m_generation = generation;
    }
    const auto known = m_callers.constFind(token);
    if (known != m_callers.cend() && now < known->expiresAt)
        return *known;
    m_callers.remove(token);
    auto caller = m_verifier.verify(token, now);
    // Past its end it is good for the leeway only, which the verifier knows.
    if (caller && now < caller->expiresAt) {
        if (m_callers.size() >= kMost)
            m_callers.clear();
        m_callers.insert(token, *caller);
    }
    return caller;
}

} // namespace presence::auth
