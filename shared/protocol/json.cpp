// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/json.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace presence::protocol {

QByteArray toBytes(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QByteArray quoted(QStringView text)
{
    const auto array = QJsonDocument(QJsonArray{text.toString()}).toJson(QJsonDocument::Compact);
    return array.sliced(1, array.size() - 2);
}

static bool isPlain(char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

QByteArray quoted(QByteArrayView utf8)
{
    QByteArray json;
    json.reserve(utf8.size() + 2);
    appendQuoted(json, utf8);
    return json;
}

void appendQuoted(QByteArray &json, QByteArrayView utf8)
{
    // Identifiers and event names, nearly always: nothing to escape.
    if (std::all_of(utf8.begin(), utf8.end(), isPlain))
        json.append('"').append(utf8).append('"');
    else
        json.append(quoted(QString::fromUtf8(utf8)));
}

} // namespace presence::protocol
