// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/json.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QStringBuilder>

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

QByteArray quoted(QByteArrayView utf8)
{
    QByteArray storage;
    return '"' % escaped(utf8, storage) % '"';
}

void appendQuoted(QByteArray &json, QByteArrayView utf8)
{
    QByteArray storage;
    json += '"' % escaped(utf8, storage) % '"';
}

QByteArrayView escaped(QByteArrayView utf8, QByteArray &storage)
{
    // Identifiers, nearly always.
    const auto isPlain = [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; };
    if (std::all_of(utf8.begin(), utf8.end(), isPlain))
        return utf8;
    storage = quoted(QString::fromUtf8(utf8));
    return QByteArrayView(storage).sliced(1).chopped(1);
}

} // namespace presence::protocol
