// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/keyring.h"

#include <QCryptographicHash>

#include <algorithm>

namespace presence::auth {

std::shared_ptr<const KeySet> KeyRing::keys() const
{
    const std::scoped_lock lock(m_mutex);
    return m_keys;
}

void KeyRing::replace(KeySet keys)
{
    const std::scoped_lock lock(m_mutex);
    m_keys = std::make_shared<const KeySet>(std::move(keys));
    m_generation.fetch_add(1, std::memory_order_release);
}

bool KeyRing::mayCome(const QByteArray &id, Clock::time_point now)
{
    if (!m_fetch)
        return false;
    {
        const QByteArray name
            = QCryptographicHash::hash(id, QCryptographicHash::Sha256).first(kNameBytes);
        const std::scoped_lock lock(m_mutex);
        auto known = m_missing.find(name);
        if (known == m_missing.end() && m_missing.size() >= kMaxNames) {
            m_missing.erase(std::min_element(m_missing.begin(), m_missing.end()));
        }
        if (known == m_missing.end() || now - *known > kForgotten)
            known = m_missing.insert(name, now);
        if (*known <= m_fetchedSince)
            return false; // the source has not got it
    }
    m_fetch();
    return true;
}

void KeyRing::noteFetched(Clock::time_point begun)
{
    const std::scoped_lock lock(m_mutex);
    m_fetchedSince = begun;
}

} // namespace presence::auth
