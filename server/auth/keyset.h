// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/key.h"

#include <QStringList>

#include <vector>

namespace presence::auth {

/// The keys that tokens may be signed with, of a secret and of a JWKS (RFC 7517, 5). A value.
class KeySet
{
public:
    /// Longest JWKS in bytes, and most keys that are used of it.
    static constexpr qsizetype kMaxBytes = 256 * 1024;
    static constexpr size_t kMaxKeys = 64;
    /// Keys that are tried for a token that names none.
    static constexpr size_t kMaxTries = 4;

    /// What of a JWKS is not used, and why, is added to `skipped`. ErrorCode::Invalid when it is
    /// none. `x5c` and the like are ignored.
    static Result<KeySet> parse(const QByteArray &jwks, bool mayBeSecret,
                                QStringList *skipped = nullptr);

    void add(Key key) { m_keys.push_back(std::move(key)); }
    void add(const KeySet &keys);

    /// Those that a token may be signed with that names this key (empty: none) and algorithm. A
    /// secret without a name is one for each.
    std::vector<const Key *> candidates(const QByteArray &id, Algorithm algorithm) const;

    /// Whether there is a key of that name, for whatever algorithm.
    bool has(const QByteArray &id) const;

    size_t size() const { return m_keys.size(); }

private:
    std::vector<Key> m_keys;
};

} // namespace presence::auth
