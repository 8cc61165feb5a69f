// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/tableexporter.h"

#include "admin/view/taskbars.h"

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

TableExporter::~TableExporter()
{
    if (m_export)
        cancel();
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
    connect(m_export, &TableExport::progressed, this, &TableExporter::sayProgress);
    connect(m_export, &TableExport::finished, this, &TableExporter::finished);
    TaskBars *bars = TaskBars::of(m_table);
    m_bar = bars ? &bars->begin(TaskBars::Task::Export) : nullptr;
    sayProgress();
    m_export->start();
}

void TableExporter::sayProgress()
{
    if (!m_bar)
        return;
    m_bar->tell(tr("Writing %1: %2 of %3 rows")
                    .arg(QDir::toNativeSeparators(m_export->path()),
                         numberText(m_export->written()), numberText(m_export->rows())),
                [self = QPointer(this)] {
                    if (self && self->m_export)
                        self->cancel();
                });
}

void TableExporter::cancel()
{
    const QString text = tr("The export to %1 ended after %2 of %3 rows. Nothing was written.")
                             .arg(QDir::toNativeSeparators(m_export->path()),
                                  numberText(m_export->written()), numberText(m_export->rows()));
    m_export->cancel();
    delete m_export;
    if (m_bar)
        m_bar->conclude(MessageBar::Kind::Error, text);
}

void TableExporter::finished(const QString &problem)
{
    const QString path = QDir::toNativeSeparators(m_export->path());
    const auto rows = static_cast<int>(m_export->written());
    m_export->deleteLater();
    m_export = nullptr;
    if (!m_bar)
        return;
    if (problem.isEmpty())
        m_bar->conclude(MessageBar::Kind::Done,
                        tr("%n row(s) were written to %1.", nullptr, rows).arg(path));
    else
        m_bar->conclude(MessageBar::Kind::Error,
                        tr("%1 could not be written: %2").arg(path, problem));
}

} // namespace presence::dashboard
