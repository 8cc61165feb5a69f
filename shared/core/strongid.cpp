// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/strongid.h"

#include <algorithm>
#include <array>

namespace presence {

static bool isIdCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
        || c == '_' || c == ':' || c == '@' || c == '-';
}

/// Ends of the key names that are made from an identifier: a user "42:devices" would take the key
/// of the devices of user "42".
static bool endsAsAKey(QByteArrayView text)
{
    static constexpr std::array<QByteArrayView, 10> kSuffixes{
        ":devices", ":sessions", ":channels", ":changes", ":left",
        ":viewers", ":asked",    ":recalled", ":erased",  ":signed_off"};
    return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                       [text](QByteArrayView suffix) { return text.endsWith(suffix); });
}

bool isValidId(QByteArrayView text)
{
    return !text.isEmpty() && text.size() <= kMaxIdLength
        && std::all_of(text.begin(), text.end(), isIdCharacter) && !endsAsAKey(text);
}

} // namespace presence
