// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/hmac.h"
#include "shared/core/result.h"

#include <QJsonObject>

#include <memory>
#include <optional>

struct evp_pkey_st;

namespace presence::auth {

/// How a token is signed (RFC 7518, 3.1; RFC 9864).
enum class Algorithm : quint8 { Hs256, Rs256, Ps256, Es256, Ed25519 };

/// "EdDSA" is an older name of Ed25519. Nothing for those that are not accepted, as "none".
std::optional<Algorithm> algorithmFromName(QStringView name);
QByteArray toName(Algorithm algorithm);

/// Shortest secret in bytes: the size of the digest (RFC 7518, 3.2).
inline constexpr qsizetype kMinSecret = 32;

/// What checks signatures, in one way only: a token cannot choose how it is checked. Immutable:
/// shared by all threads.
class Key
{
public:
    static Key fromSecret(const QByteArray &secret, const QByteArray &id = {});

    /// A public key, or with `mayBeSecret` a secret one. ErrorCode::Invalid, and why, for what is
    /// not for signatures or not accepted.
    static Result<Key> fromJwk(const QJsonObject &jwk, bool mayBeSecret);

    const QByteArray &id() const { return m_id; } ///< `kid`; may be empty
    Algorithm algorithm() const { return m_algorithm; }

    bool verify(QByteArrayView text, const QByteArray &signature) const;

private:
    Key(Algorithm algorithm, QByteArray id) : m_algorithm(algorithm), m_id(std::move(id)) { }

    Algorithm m_algorithm;
    QByteArray m_id;
    std::optional<HmacSha256> m_secret; ///< of Hs256
    std::shared_ptr<evp_pkey_st> m_public; ///< of all others
};

} // namespace presence::auth
