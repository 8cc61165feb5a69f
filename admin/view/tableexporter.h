// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/tableexport.h"
#include "admin/view/messagebar.h"

#include <QPointer>
#include <QWidget>

namespace presence::dashboard {

/// Asks for a file and writes rows to it. A bar of the window says how that goes.
class TableExporter final : public QObject
{
    Q_OBJECT
public:
    /// A file's name begins with `name`. `table` is the parent.
    TableExporter(QWidget *table, const QString &name);
    ~TableExporter() override; ///< An export that is under way ends, and that is said.

    /// Asks where to; nothing happens while an export is under way.
    void ask(const ExportedTable &rows);
    /// Without a question.
    void write(const ExportedTable &rows, const QString &path, ExportFormat format);

private:
    void sayProgress();
    void cancel();
    void finished(const QString &problem);

    QWidget *m_table;
    QString m_name;
    QPointer<TableExport> m_export; ///< that is under way
    QPointer<MessageBar> m_bar; ///< of it
};

} // namespace presence::dashboard
