// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/exportedtable.h"

#include <QAbstractTableModel>
#include <QHash>

#include <algorithm>
#include <functional>
#include <vector>

namespace presence::dashboard {

/// Beside Qt's own roles.
enum Role {
    SortRole = Qt::UserRole, ///< what a column is sorted by: number or text
    StatusRole, ///< int of a Status, for its sign
    WarningRole, ///< why a row needs attention, in words; empty when it does not
    UserRole, ///< ids as text, empty where a row has none
    DeviceRole,
    SessionRole,
    ChannelRole,
    WorkspaceRole,
    IncidentRole, ///< id of what happened
};

/// What all tables of the dashboard have in common.
class TableModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    /// `indexes` as text: rows in lines, columns apart by tabs, with a line of titles.
    static QString asText(QModelIndexList indexes);

    /// `rows` as they are now, in that order. Left as it is: the texts that are shown, under the
    /// titles of the columns.
    virtual ExportedTable exported(const std::vector<int> &rows) const;

    /// Tells views that ages have grown.
    void refreshAges();

    /// Which column a view sorts by, to be read out with its title.
    void setSorting(int column, Qt::SortOrder order);

protected:
    /// Of a title, for Qt::AccessibleDescriptionRole.
    QVariant sortingOf(int column) const;

private:
    int m_sortedBy = -1;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
};

/// What a column shows of a row.
template <typename Row>
struct Column
{
    QString title;
    std::function<QString(const Row &)> text;
    std::function<QVariant(const Row &)> sort; ///< left out: the text
    std::function<QString(const Row &)> tip;
    Qt::Alignment alignment = Qt::AlignLeft | Qt::AlignVCenter;
};

inline constexpr Qt::Alignment kNumberAlignment = Qt::AlignRight | Qt::AlignVCenter;

/// A table of few rows, each with a key. New contents are merged: rows that stay keep their place,
/// so selection and scroll position survive.
template <typename Row>
class RowsModel : public TableModel
{
public:
    using Key = std::function<QByteArray(const Row &)>;

    RowsModel(std::vector<Column<Row>> columns, Key key, QObject *parent = nullptr)
        : TableModel(parent), m_columns(std::move(columns)), m_key(std::move(key))
    {
    }

    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    int columnCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
    }

    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
            return {};
        const Column<Row> &column = m_columns[static_cast<size_t>(section)];
        if (role == Qt::DisplayRole)
            return column.title;
        if (role == Qt::AccessibleDescriptionRole)
            return sortingOf(section);
        return role == Qt::TextAlignmentRole ? QVariant(column.alignment) : QVariant();
    }

    QVariant data(const QModelIndex &index, int role) const override
    {
        if (!index.isValid() || index.row() >= rowCount())
            return {};
        const Row &row = m_rows[static_cast<size_t>(index.row())];
        const Column<Row> &column = m_columns[static_cast<size_t>(index.column())];
        // An editable combo box asks for what could be edited.
        if (role == Qt::DisplayRole || role == Qt::EditRole)
            return column.text(row);
        if (role == SortRole)
            return column.sort ? column.sort(row) : QVariant(column.text(row));
        if (role == Qt::ToolTipRole) {
            const QString warning = more(row, index.column(), WarningRole).toString();
            const QString tip = column.tip ? column.tip(row) : QString();
            return warning.isEmpty() ? tip : tip.isEmpty() ? warning : warning + u'\n' + tip;
        }
        if (role == Qt::TextAlignmentRole)
            return QVariant(column.alignment);
        return more(row, index.column(), role);
    }

    ExportedTable exported(const std::vector<int> &rows) const override
    {
        std::vector<Field<Row>> list = fields();
        if (list.empty())
            return TableModel::exported(rows);
        std::vector<Row> copies;
        copies.reserve(rows.size());
        for (const int row : rows)
            copies.push_back(m_rows[size_t(row)]);
        return exportedTable(std::move(list), std::move(copies));
    }

    const std::vector<Row> &rows() const { return m_rows; }

    void setRows(std::vector<Row> rows)
    {
        QHash<QByteArray, size_t> fresh;
        for (size_t i = 0; i < rows.size(); ++i)
            fresh.insert(m_key(rows[i]), i);
        removeGone(fresh);
        for (int i = 0; i < rowCount(); ++i) {
            const size_t from = fresh.take(m_key(m_rows[size_t(i)]));
            update(i, std::move(rows[from]));
        }
        std::vector<size_t> added(fresh.cbegin(), fresh.cend());
        std::ranges::sort(added);
        append(rows, added);
    }

protected:
    /// What the columns do not say.
    virtual QVariant more(const Row &, int, int) const { return {}; }

    /// What is exported of a row.
    virtual std::vector<Field<Row>> fields() const { return {}; }

private:
    void removeGone(const QHash<QByteArray, size_t> &fresh)
    {
        for (int i = rowCount() - 1; i >= 0; --i) {
            if (fresh.contains(m_key(m_rows[size_t(i)])))
                continue;
            beginRemoveRows({}, i, i);
            m_rows.erase(m_rows.begin() + i);
            endRemoveRows();
        }
    }

    void update(int row, Row &&value)
    {
        if (m_rows[size_t(row)] == value)
            return;
        m_rows[size_t(row)] = std::move(value);
        Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1));
    }

    void append(std::vector<Row> &rows, const std::vector<size_t> &which)
    {
        if (which.empty())
            return;
        beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(which.size()) - 1);
        for (const size_t i : which)
            m_rows.push_back(std::move(rows[i]));
        endInsertRows();
    }

    std::vector<Column<Row>> m_columns;
    Key m_key;
    std::vector<Row> m_rows;
};

} // namespace presence::dashboard
