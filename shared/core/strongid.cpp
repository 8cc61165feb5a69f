// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/strongid.h"

#include <algorithm>

namespace presence {

static bool isIdCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
        || c == '_' || c == ':' || c == '@' || c == '-';
}

bool isValidId(QByteArrayView text)
{
    return !text.isEmpty() && text.size() <= kMaxIdLength
        && std::all_of(text.begin(), text.end(), isIdCharacter);
}

} // namespace presence
