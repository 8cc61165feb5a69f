// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/texts.h"

#include <QJsonArray>
#include <QJsonValue>
#include <QStringList>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace presence::dashboard {

/// What is exported of a row under a name: a text, a number, a truth, or a list of texts, as it is
/// and not as it is shown; null for none.
template <typename Row>
struct Field
{
    QString name;
    std::function<QJsonValue(const Row &)> value;
};

/// Rows as they were when an export began, in the order in which they are written.
struct ExportedTable
{
    QStringList names; ///< of the fields
    qsizetype rows = 0;
    std::function<QJsonValue(qsizetype row, qsizetype field)> value;
};

template <typename Row>
ExportedTable exportedTable(std::vector<Field<Row>> fields, std::vector<Row> rows)
{
    QStringList names;
    for (const Field<Row> &field : fields)
        names.append(field.name);
    const auto count = static_cast<qsizetype>(rows.size());
    // It may be large: shared, not copied.
    const auto kept = std::make_shared<const std::vector<Row>>(std::move(rows));
    return {names, count, [fields = std::move(fields), kept](qsizetype row, qsizetype field) {
                return fields[size_t(field)].value((*kept)[size_t(row)]);
            }};
}

// Values of fields. The time zero is none.

inline QJsonValue exportedTime(Milliseconds time)
{
    return time == Milliseconds() ? QJsonValue() : QJsonValue(isoText(time));
}

template <typename Time>
QJsonValue exportedTime(const std::optional<Time> &time)
{
    return time ? exportedTime(Milliseconds(*time)) : QJsonValue();
}

inline QJsonValue exportedText(const QByteArray &utf8)
{
    return utf8.isEmpty() ? QJsonValue() : QJsonValue(QString::fromUtf8(utf8));
}

template <typename Id>
QJsonValue exportedId(const Id &id)
{
    return exportedText(id.bytes());
}

template <typename Id>
QJsonValue exportedId(const std::optional<Id> &id)
{
    return id ? exportedId(*id) : QJsonValue();
}

} // namespace presence::dashboard
