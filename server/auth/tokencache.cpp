// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/tokencache.h"

namespace presence::auth {

Result<Caller> TokenCache::verify(const QByteArray &token, std::chrono::sys_seconds now)
{
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
