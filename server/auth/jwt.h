// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/caller.h"
#include "server/auth/hmac.h"
#include "shared/core/result.h"

#include <QByteArray>
#include <QJsonObject>

namespace presence::auth {

// JSON Web Tokens, RFC 7519, signed with HS256.
//
// Packaged libraries were passed over: those of Debian 12 have open faults in just what matters
// here, comparing in constant time and pinning the algorithm to the key.

struct JwtConfig
{
    QByteArray secret; ///< HS256; 32 bytes at least
    QString issuer; ///< `iss` must be this; empty: any
    QString audience; ///< `aud` must hold this; empty: any
    std::chrono::seconds leeway{30}; ///< for `exp` and `nbf`: clocks differ
};

/// Shortest secret in bytes: the size of the digest (RFC 7518, 3.2).
inline constexpr qsizetype kMinSecret = 32;

/// Longest token in bytes.
inline constexpr qsizetype kMaxToken = 8 * 1024;

/// Immutable: shared by all threads.
class JwtVerifier
{
public:
    explicit JwtVerifier(JwtConfig config) : m_config(std::move(config)), m_key(m_config.secret) { }

    /// The caller that `token` stands for at `now`, or ErrorCode::Unauthenticated.
    Result<Caller> verify(QByteArrayView token, std::chrono::sys_seconds now) const;

private:
    Result<QJsonObject> verifiedClaims(QByteArrayView token) const;
    Result<Caller> toCaller(const QJsonObject &claims, std::chrono::sys_seconds now) const;

    JwtConfig m_config;
    HmacSha256 m_key;
};

/// A token with these claims.
QByteArray signToken(const QJsonObject &claims, const QByteArray &secret);

} // namespace presence::auth
