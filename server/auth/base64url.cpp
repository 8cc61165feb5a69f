// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/base64url.h"

namespace presence::auth {

static constexpr auto kForm = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;

std::optional<QByteArray> fromBase64Url(QByteArrayView text)
{
    const auto result = QByteArray::fromBase64Encoding(
        text.toByteArray(), kForm | QByteArray::AbortOnBase64DecodingErrors);
    if (!result || toBase64Url(*result) != text)
        return std::nullopt;
    return *result;
}

QByteArray toBase64Url(const QByteArray &bytes)
{
    return bytes.toBase64(kForm);
}

} // namespace presence::auth
