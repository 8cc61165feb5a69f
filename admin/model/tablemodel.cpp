// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/tablemodel.h"

#include <algorithm>

namespace presence::dashboard {

QString TableModel::asText(QModelIndexList indexes)
{
    if (indexes.isEmpty())
        return {};
    std::sort(indexes.begin(), indexes.end());
    const QAbstractItemModel *model = indexes.first().model();
    QStringList titles;
    QStringList lines;
    QStringList cells;
    const int firstRow = indexes.first().row();
    for (qsizetype i = 0; i < indexes.size(); ++i) {
        const QModelIndex &index = indexes[i];
        if (index.row() == firstRow)
            titles.append(model->headerData(index.column(), Qt::Horizontal).toString());
        // A cell is one line in the text, whatever is in it.
        QString cell = index.data().toString();
        const auto breaks = [](QChar c) {
            return c == u'\t' || c == u'\n' || c == u'\r' || c == QChar::LineSeparator
                || c == QChar::ParagraphSeparator;
        };
        std::ranges::replace_if(cell, breaks, QChar(u' '));
        cells.append(guardedText(std::move(cell)));
        if (i + 1 == indexes.size() || indexes[i + 1].row() != index.row()) {
            lines.append(cells.join(u'\t'));
            cells.clear();
        }
    }
    lines.prepend(titles.join(u'\t'));
    return lines.join(u'\n') + u'\n';
}

ExportedTable TableModel::exported(const std::vector<int> &rows) const
{
    std::vector<Field<QStringList>> fields;
    for (int column = 0; column < columnCount(); ++column)
        fields.push_back({headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                          [column](const QStringList &row) { return QJsonValue(row[column]); }});
    std::vector<QStringList> texts;
    texts.reserve(rows.size());
    for (const int row : rows) {
        QStringList &cells = texts.emplace_back();
        for (int column = 0; column < columnCount(); ++column)
            cells.append(index(row, column).data().toString());
    }
    return exportedTable(std::move(fields), std::move(texts));
}

void TableModel::setSorting(int column, Qt::SortOrder order)
{
    m_sortedBy = column;
    m_sortOrder = order;
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

QVariant TableModel::sortingOf(int column) const
{
    if (column != m_sortedBy)
        return {};
    return m_sortOrder == Qt::AscendingOrder ? tr("sorted in ascending order")
                                             : tr("sorted in descending order");
}

void TableModel::refreshAges()
{
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1),
                           {Qt::DisplayRole});
}

} // namespace presence::dashboard
