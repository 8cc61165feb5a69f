// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QJsonObject>
#include <QString>

namespace presence::bench {

/// Figures in the order they were found.
class Report
{
public:
    enum class Format : quint8 { Table, Json };

    explicit Report(Format format) : m_format(format) { }

    /// A table prints it at once: a run takes minutes. `key` is its name in JSON, with the unit;
    /// `label` and `unit` are for people.
    void add(const QString &key, const QString &label, double value, const QString &unit = {});

    /// Prints the JSON object, if that is the format.
    void finish() const;

private:
    Format m_format;
    QJsonObject m_figures;
};

} // namespace presence::bench
