// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/tableexport.h"

#include "shared/protocol/json.h"

#include <QElapsedTimer>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr qint64 kWritingBudget = 8; ///< ms of a turn

TableExport::TableExport(ExportedTable table, const QString &path, ExportFormat format,
                         QObject *parent)
    : QObject(parent), m_table(std::move(table)), m_format(format), m_file(path)
{
    m_turn.setInterval(0ms);
    connect(&m_turn, &QTimer::timeout, this, &TableExport::turn);
}

void TableExport::start()
{
    if (!m_file.open(QIODevice::WriteOnly))
        return fail();
    if (m_format == ExportFormat::Csv)
        m_file.write(titles());
    m_turn.start();
}

void TableExport::cancel()
{
    m_turn.stop();
    m_file.cancelWriting();
}

void TableExport::turn()
{
    QElapsedTimer timer;
    timer.start();
    while (m_written < m_table.rows && !timer.hasExpired(kWritingBudget))
        m_file.write(line(m_written++));
    if (m_file.error() != QFileDevice::NoError)
        return fail();
    if (m_written == m_table.rows)
        return end();
    Q_EMIT progressed();
}

void TableExport::end()
{
    m_turn.stop();
    if (!m_file.commit())
        return fail();
    Q_EMIT finished({});
}

void TableExport::fail()
{
    const QString problem = m_file.errorString();
    cancel();
    Q_EMIT finished(problem);
}

static QString csvCell(QString text)
{
    return u'"' + text.replace(u"\""_s, u"\"\""_s) + u'"';
}

static QString csvText(const QJsonValue &value)
{
    // No id has a space in it.
    return value.isArray() ? value.toVariant().toStringList().join(u' ')
                           : value.toVariant().toString();
}

QByteArray TableExport::titles() const
{
    QStringList cells;
    for (const QString &name : m_table.names)
        cells.append(csvCell(name));
    return cells.join(u',').toUtf8() + "\r\n";
}

QByteArray TableExport::line(qsizetype row) const
{
    QStringList cells;
    QJsonObject object;
    for (qsizetype field = 0; field < m_table.names.size(); ++field) {
        const QJsonValue value = m_table.value(row, field);
        if (m_format == ExportFormat::Csv)
            cells.append(csvCell(guardedText(csvText(value))));
        else if (!value.isNull())
            object[m_table.names[field]] = value;
    }
    return m_format == ExportFormat::Csv ? cells.join(u',').toUtf8() + "\r\n"
                                         : protocol::toBytes(object) + '\n';
}

} // namespace presence::dashboard
