// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/caller.h"
#include "server/auth/keyring.h"
#include "shared/core/result.h"

#include <QByteArray>
#include <QJsonObject>

namespace presence::auth {

// JSON Web Tokens, RFC 7519.
//
// Packaged libraries were passed over: those of Debian 12 have open faults in just what matters
// here, comparing in constant time and pinning the algorithm to the key, and none has Ed25519 and
// JWKS.

struct JwtConfig
{
    QByteArray secret; ///< HS256; kMinSecret bytes at least. Empty: there is none
    QString issuer; ///< `iss` must be this; empty: any
    QString audience; ///< `aud` must hold this; empty: any
    std::chrono::seconds leeway{30}; ///< for `exp` and `nbf`: clocks differ
    bool requiresExpiry = false; ///< tokens without `exp` are refused
    bool isolates = false; ///< as Caller::isolates
};

/// Longest token in bytes.
inline constexpr qsizetype kMaxToken = 8 * 1024;

/// Safe for all threads.
class JwtVerifier
{
public:
    /// With the secret alone.
    explicit JwtVerifier(JwtConfig config);
    /// With the keys of `ring`, which outlives it.
    JwtVerifier(JwtConfig config, KeyRing &ring) : m_config(std::move(config)), m_ring(ring) { }

    /// The caller that `token` stands for at `now`, or ErrorCode::Unauthenticated; Unavailable
    /// while its key is being looked for.
    Result<Caller> verify(QByteArrayView token, std::chrono::sys_seconds now) const;

    /// Of the keys; what was verified with those before is to be verified again.
    quint64 generation() const { return m_ring.generation(); }

private:
    Result<QJsonObject> verifiedClaims(QByteArrayView token) const;
    Result<Caller> toCaller(const QJsonObject &claims, std::chrono::sys_seconds now) const;

    Result<void> checkSignature(QByteArrayView header, QByteArrayView text,
                                const QByteArray &signature) const;

    JwtConfig m_config;
    std::unique_ptr<KeyRing> m_ownRing;
    KeyRing &m_ring;
};

/// A token with these claims.
QByteArray signToken(const QJsonObject &claims, const QByteArray &secret);

} // namespace presence::auth
