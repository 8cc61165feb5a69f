// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/exportedtable.h"

#include <QObject>
#include <QSaveFile>
#include <QTimer>

namespace presence::dashboard {

/// CSV as in RFC 4180, each cell quoted, or a JSON object a line; UTF-8, times in ISO 8601.
enum class ExportFormat : quint8 { Csv, JsonLines };

/// Writes a table to a file in turns of a few milliseconds, so that the window stays fluent. The
/// file is there when it is whole; one that was there before stays until then.
class TableExport final : public QObject
{
    Q_OBJECT
public:
    TableExport(ExportedTable table, const QString &path, ExportFormat format,
                QObject *parent = nullptr);

    void start();
    void cancel(); ///< Nothing is written, and nothing is told.

    QString path() const { return m_file.fileName(); }
    qsizetype written() const { return m_written; } ///< rows
    qsizetype rows() const { return m_table.rows; }

Q_SIGNALS:
    void progressed();
    /// `problem` says why nothing was written; empty when all was.
    void finished(const QString &problem);

private:
    void turn();
    void end();
    void fail();
    QByteArray titles() const;
    QByteArray line(qsizetype row) const;

    ExportedTable m_table;
    ExportFormat m_format;
    QSaveFile m_file;
    qsizetype m_written = 0;
    QTimer m_turn;
};

} // namespace presence::dashboard
