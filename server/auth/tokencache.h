// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/jwt.h"

#include <QHash>

namespace presence::auth {

/// Remembers whom tokens stand for, for callers that send theirs with each request. Belongs to one
/// thread.
class TokenCache
{
public:
    explicit TokenCache(const JwtVerifier &verifier) : m_verifier(verifier) { }

    /// As JwtVerifier::verify(). A token that expires is forgotten in time.
    Result<Caller> verify(const QByteArray &token, std::chrono::sys_seconds now);

private:
    /// When there are more, all are forgotten.
    static constexpr qsizetype kMost = 1024;

    const JwtVerifier &m_verifier;
    QHash<QByteArray, Caller> m_callers;
    quint64 m_generation = 0; ///< of the keys that they were verified with
};

} // namespace presence::auth
