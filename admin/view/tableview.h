// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/tablemodel.h"
#include "admin/view/tableexporter.h"

#include <QSortFilterProxyModel>
#include <QTableView>
#include <QTimer>

namespace presence::dashboard {

/// A table of the dashboard: whole rows are selected, Ctrl+C and the context menu copy them as
/// text, ids of a row can be opened, columns are remembered.
class TableView : public QTableView
{
    Q_OBJECT
public:
    /// `name` is where its columns are remembered, and its accessible name is `title`.
    TableView(const QString &name, const QString &title, QWidget *parent = nullptr);
    ~TableView() override;

    enum class Sorting : quint8 { ByProxy, ByModel, None };
    void setTable(TableModel &table, Sorting sorting = Sorting::ByProxy);

    /// What stands in the middle while there are no rows.
    void setEmptyText(const QString &text);
    QString emptyText() const { return m_emptyText; }
    /// Of the context menu, for the current row; enabled while there is one.
    void addRowAction(QAction *action) { m_rowActions.append(action); }
    void setDefaultSorting(int column, Qt::SortOrder order);
    /// Asks for a file and writes what is shown to it, as it is filtered and sorted.
    void exportRows();
    /// The same without a question.
    void exportTo(const QString &path, ExportFormat format);
    static QKeySequence exportKey() { return Qt::CTRL | Qt::Key_E; }

    void setColumnWidths(const QList<int> &widths); ///< in characters; unless they are remembered

    /// Of the current row; empty when it has none.
    QString currentId(Role role) const;
    /// Of each row that is chosen, in the order shown: its first cell.
    QModelIndexList chosenRows() const;
    int countChosen() const; ///< rows
    /// What is shown is not what is so: in grey.
    void setStale(bool isStale);

Q_SIGNALS:
    void userOpened(const QString &user);
    void channelOpened(const QString &channel);
    void workspaceOpened(const QString &workspace);
    void chosenChanged(); ///< other rows, or none any more

protected:
    void contextMenuEvent(QContextMenuEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void copy();
    void tellSorting();
    ExportedTable shownRows() const;
    void fitNumbers();
    void restore();
    void remember() const;
    void open(const QModelIndex &index);

    QString m_name;
    QString m_emptyText;
    QList<QAction *> m_rowActions;
    TableExporter *m_exporter;
    TableModel *m_rows = nullptr;
    QSortFilterProxyModel *m_proxy = nullptr;
    QTimer m_fit; ///< numbers to their columns, once several rows have changed
    bool m_isRestored = false;
    bool m_isStale = false;
};

} // namespace presence::dashboard
