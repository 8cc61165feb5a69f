// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/keyset.h"

#include "server/auth/strictjson.h"

#include <QJsonArray>

#include <algorithm>

namespace presence::auth {

using namespace Qt::StringLiterals;

/// For the log, which has a line an event.
static QString printable(QString text)
{
    constexpr qsizetype kLongest = 64;
    text.truncate(kLongest);
    for (QChar &c : text) {
        if (!c.isPrint())
            c = u'?';
    }
    return text;
}

Result<KeySet> KeySet::parse(const QByteArray &jwks, bool mayBeSecret, QStringList *skipped)
{
    if (jwks.size() > kMaxBytes)
        return fail(ErrorCode::Invalid, u"more than %1 bytes"_s.arg(kMaxBytes));
    const auto object = toStrictObject(jwks);
    if (!object || !(*object)["keys"_L1].isArray())
        return fail(ErrorCode::Invalid, u"not a JWKS: a JSON object with a list of keys"_s);
    KeySet keys;
    const QJsonArray list = (*object)["keys"_L1].toArray();
    for (const QJsonValue &jwk : list) {
        auto key = keys.size() < kMaxKeys ? Key::fromJwk(jwk.toObject(), mayBeSecret)
                                          : fail(ErrorCode::Invalid, u"one key too many"_s);
        if (key)
            keys.add(*std::move(key));
        else if (skipped)
            skipped->append(
                u"%1: %2"_s.arg(printable(jwk["kid"_L1].toString()), key.error().detail));
    }
    return keys;
}

void KeySet::add(const KeySet &keys)
{
    m_keys.insert(m_keys.end(), keys.m_keys.begin(), keys.m_keys.end());
}

bool KeySet::has(const QByteArray &id) const
{
    return std::ranges::any_of(m_keys, [&id](const Key &key) { return key.id() == id; });
}

std::vector<const Key *> KeySet::candidates(const QByteArray &id, Algorithm algorithm) const
{
    std::vector<const Key *> found;
    for (const Key &key : m_keys) {
        const bool isNamed = id.isEmpty() || key.id() == id
            || (key.id().isEmpty() && algorithm == Algorithm::Hs256);
        if (isNamed && key.algorithm() == algorithm && found.size() < kMaxTries)
            found.push_back(&key);
    }
    return found;
}

} // namespace presence::auth
