// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/tableexporter.h"

#include "admin/view/messagebar.h"

#include <QDateTime>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

TableExporter::TableExporter(QWidget *table, const QString &name)
    : QObject(table), m_table(table), m_name(name)
{
}

static QString folder()
{
    const QString last = QSettings().value(u"export/folder"_s).toString();
    return !last.isEmpty() && QFileInfo(last).isDir()
        ? last
        : QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
}

static ExportFormat formatOf(const QFileDialog &dialog, const QString &path)
{
    if (path.endsWith(".jsonl"_L1, Qt::CaseInsensitive))
        return ExportFormat::JsonLines;
    const bool isCsv = path.endsWith(".csv"_L1, Qt::CaseInsensitive)
        || dialog.selectedNameFilter() == dialog.nameFilters().constFirst();
    return isCsv ? ExportFormat::Csv : ExportFormat::JsonLines;
}

void TableExporter::ask(const ExportedTable &rows)
{
    if (m_export)
        return;
    auto *dialog = new QFileDialog(m_table->window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(
        tr("Export %n row(s), as filtered and sorted here", nullptr, static_cast<int>(rows.rows)));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("CSV (*.csv)"), tr("JSON Lines (*.jsonl)")});
    dialog->setDirectory(folder());
    const QString name = m_name + QDateTime::currentDateTime().toString(u"-yyyy-MM-dd-HHmmss"_s);
    const auto propose = [dialog, name](const QString &filter) {
        const bool isCsv = filter == dialog->nameFilters().constFirst();
        dialog->setDefaultSuffix(isCsv ? u"csv"_s : u"jsonl"_s);
        dialog->selectFile(name + u'.' + dialog->defaultSuffix());
    };
    propose(dialog->nameFilters().constFirst());
    connect(dialog, &QFileDialog::filterSelected, dialog, propose);
    connect(dialog, &QFileDialog::fileSelected, this, [this, dialog, rows](const QString &path) {
        QSettings().setValue(u"export/folder"_s, QFileInfo(path).absolutePath());
        write(rows, path, formatOf(*dialog, path));
    });
    dialog->open();
}

void TableExporter::write(const ExportedTable &rows, const QString &path, ExportFormat format)
{
    if (m_export)
        return;
    m_export = new TableExport(rows, path, format, this);
    connect(m_export, &TableExport::progressed, this, &TableExporter::progressed);
    connect(m_export, &TableExport::finished, this, &TableExporter::finished);
    m_export->start();
}

void TableExporter::progressed()
{
    MessageBar *bar = MessageBar::nearest(m_table);
    if (!bar)
        return;
    bar->tell(tr("Writing %1: %2 of %3 rows")
                  .arg(QDir::toNativeSeparators(m_export->path()), numberText(m_export->written()),
                       numberText(m_export->rows())),
              [self = QPointer(this), bar = QPointer(bar)] {
                  if (!self || !self->m_export)
                      return;
                  self->m_export->cancel();
                  delete self->m_export;
                  bar->say(MessageBar::Kind::Done, tr("Nothing was written."));
              });
}

void TableExporter::finished(const QString &problem)
{
    const QString path = m_export->path();
    const auto rows = static_cast<int>(m_export->written());
    m_export->deleteLater();
    m_export = nullptr;
    MessageBar *bar = MessageBar::nearest(m_table);
    if (!bar)
        return;
    if (problem.isEmpty())
        bar->say(
            MessageBar::Kind::Done,
            tr("%n row(s) were written to %1.", nullptr, rows).arg(QDir::toNativeSeparators(path)));
    else
        bar->say(MessageBar::Kind::Error, tr("%1 could not be written: %2").arg(path, problem));
}

} // namespace presence::dashboard
