// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/report.h"

#include <QJsonDocument>

#include <cmath>
#include <cstdio>

namespace presence::bench {

/// Four digits that matter.
static QByteArray toText(double value)
{
    const double size = std::abs(value);
    const int decimals = size == std::floor(size) || size >= 1000 ? 0 : size >= 100 ? 1 : 2;
    return QByteArray::number(value, 'f', decimals);
}

void Report::add(const QString &key, const QString &label, double value, const QString &unit)
{
    m_figures[key] = value;
    if (m_format == Format::Json)
        return;
    std::printf("%-58s %10s %s\n", qUtf8Printable(label), toText(value).constData(),
                qUtf8Printable(unit));
    std::fflush(stdout);
}

void Report::finish() const
{
    if (m_format == Format::Json)
        std::printf("%s", QJsonDocument(m_figures).toJson().constData());
}

} // namespace presence::bench
