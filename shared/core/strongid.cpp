// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/strongid.h"

#include <algorithm>
#include <array>

namespace presence {

using namespace Qt::StringLiterals;

static constexpr std::array<bool, 256> kIdCharacters = [] {
    std::array<bool, 256> isOne{};
    for (unsigned char c = '!'; c <= '~'; ++c)
        isOne[c] = true;
    for (const unsigned char c : {'"', '\\', '{', '}', '<', '>', '^', '`'})
        isOne[c] = false;
    return isOne;
}();

static bool isIdCharacter(char c)
{
    return kIdCharacters[static_cast<unsigned char>(c)];
}

/// Ends of the key names that are made from an identifier: a user "42:devices" would take the key
/// of the devices of user "42".
static QByteArrayView keyEnding(QByteArrayView text)
{
    static constexpr std::array<QByteArrayView, 10> kSuffixes{
        ":devices", ":sessions", ":channels", ":changes", ":left",
        ":viewers", ":asked",    ":recalled", ":erased",  ":signed_off"};
    const qsizetype colon = text.lastIndexOf(':');
    if (colon < 0)
        return {};
    const auto *found = std::ranges::find(kSuffixes, text.sliced(colon));
    return found == kSuffixes.end() ? QByteArrayView() : *found;
}

static bool isDots(QByteArrayView text)
{
    return text == "." || text == "..";
}

bool isValidId(QByteArrayView text)
{
    return !text.isEmpty() && text.size() <= kMaxIdLength
        && std::ranges::all_of(text, isIdCharacter) && !isDots(text) && keyEnding(text).isEmpty();
}

QString idFault(QByteArrayView text)
{
    if (text.isEmpty() || text.size() > kMaxIdLength)
        return u"must have 1 to %1 characters"_s.arg(kMaxIdLength);
    const auto *wrong = std::ranges::find_if_not(text, isIdCharacter);
    if (wrong != text.end() && *wrong == ' ')
        return u"must not have a space"_s;
    if (wrong != text.end() && *wrong > ' ' && *wrong <= '~')
        return u"must not have the character "_s + QLatin1Char(*wrong);
    if (wrong != text.end())
        return u"must be printable ASCII, without the byte 0x%1"_s.arg(static_cast<quint8>(*wrong),
                                                                       2, 16, QLatin1Char('0'));
    if (isDots(text))
        return u"must not be . or .."_s;
    return u"must not end in "_s + QString::fromLatin1(keyEnding(text));
}

} // namespace presence
