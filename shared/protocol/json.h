// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QStringView>

namespace presence::protocol {

/// Compact UTF-8 JSON, as it goes onto the wire.
QByteArray toBytes(const QJsonObject &object);

/// `text` as a JSON string with its quotes.
QByteArray quoted(QStringView text);
QByteArray quoted(QByteArrayView utf8);
void appendQuoted(QByteArray &json, QByteArrayView utf8);
/// What stands between the quotes of `utf8` as a JSON string: `utf8` itself where there is nothing
/// to escape, else what `storage` then holds.
QByteArrayView escaped(QByteArrayView utf8, QByteArray &storage);

} // namespace presence::protocol
