// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/tableview.h"

#include "admin/view/rowdelegate.h"
#include "admin/view/scrollanchor.h"
#include "admin/view/theme.h"

#include <QAction>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>
#include <QPainter>
#include <QSettings>

#include <algorithm>
#include <functional>
#include <numeric>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr int kFit = 200; ///< ms

TableView::TableView(const QString &name, const QString &title, QWidget *parent)
    : QTableView(parent), m_name(name), m_exporter(new TableExporter(this, name))
{
    setObjectName(name);
    setAccessibleName(title);
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setShowGrid(false);
    setAlternatingRowColors(true);
    setWordWrap(false);
    setHorizontalScrollMode(ScrollPerPixel);
    setTabKeyNavigation(false);
    setItemDelegate(new RowDelegate(this));
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + kGrid);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setStretchLastSection(true);
    horizontalHeader()->setSectionsMovable(true);
    connect(this, &QTableView::activated, this, &TableView::open);
    connect(horizontalHeader(), &QHeaderView::sortIndicatorChanged, this, &TableView::tellSorting);
}

TableView::~TableView()
{
    remember();
}

void TableView::setTable(TableModel &table, Sorting sorting)
{
    m_rows = &table;
    if (sorting == Sorting::ByProxy) {
        m_proxy = new QSortFilterProxyModel(this);
        m_proxy->setSortRole(SortRole);
        m_proxy->setSortLocaleAware(true);
        m_proxy->setSourceModel(&table);
        setModel(m_proxy);
    } else {
        setModel(&table);
    }
    m_fit.setSingleShot(true);
    m_fit.setInterval(kFit);
    connect(&m_fit, &QTimer::timeout, this, &TableView::fitNumbers);
    const auto fitLater = [this] {
        if (!m_fit.isActive())
            m_fit.start();
    };
    connect(selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &TableView::chosenChanged);
    // With all rows goes what was chosen of them, and that is not told.
    connect(model(), &QAbstractItemModel::modelReset, this, &TableView::chosenChanged);
    connect(model(), &QAbstractItemModel::rowsInserted, &m_fit, fitLater);
    connect(model(), &QAbstractItemModel::modelReset, &m_fit, fitLater);
    connect(model(), &QAbstractItemModel::dataChanged, &m_fit, fitLater);
    setSortingEnabled(sorting != Sorting::None);
    if (sorting == Sorting::ByModel)
        new ScrollAnchor(*this);
    restore();
    tellSorting();
}

/// An arrow is only seen.
void TableView::tellSorting()
{
    const QHeaderView *header = horizontalHeader();
    if (m_rows && isSortingEnabled())
        m_rows->setSorting(header->sortIndicatorSection(), header->sortIndicatorOrder());
}

/// A number that is cut is another number.
void TableView::fitNumbers()
{
    if (model()->rowCount() == 0)
        return;
    for (int column = 0; column < model()->columnCount(); ++column) {
        const QVariant alignment = model()->index(0, column).data(Qt::TextAlignmentRole);
        if (!alignment.toInt() || !(alignment.toInt() & Qt::AlignRight) || isColumnHidden(column))
            continue;
        if (const int least = sizeHintForColumn(column); least > columnWidth(column))
            setColumnWidth(column, least);
    }
}

void TableView::setEmptyText(const QString &text)
{
    if (text == m_emptyText)
        return;
    m_emptyText = text;
    viewport()->update();
}

void TableView::setDefaultSorting(int column, Qt::SortOrder order)
{
    if (!m_isRestored)
        sortByColumn(column, order);
}

void TableView::setColumnWidths(const QList<int> &widths)
{
    if (m_isRestored || !model())
        return;
    const int character = fontMetrics().averageCharWidth();
    for (int i = 0; i < widths.size(); ++i) {
        // A title may be longer than what is below it, and has an arrow when it is sorted by.
        const QString title = model()->headerData(i, Qt::Horizontal).toString();
        const int least = fontMetrics().horizontalAdvance(title) + 3 * kGrid;
        setColumnWidth(i, std::max(widths[i] * character + 16, least));
    }
}

QString TableView::currentId(Role role) const
{
    return currentIndex().isValid() ? currentIndex().data(role).toString() : QString();
}

QModelIndexList TableView::chosenRows() const
{
    if (!selectionModel())
        return {};
    QModelIndexList rows = selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end());
    return rows;
}

int TableView::countChosen() const
{
    const QItemSelection selection
        = selectionModel() ? selectionModel()->selection() : QItemSelection();
    return std::transform_reduce(selection.begin(), selection.end(), 0, std::plus(),
                                 [](const QItemSelectionRange &range) { return range.height(); });
}

void TableView::setStale(bool isStale)
{
    if (std::exchange(m_isStale, isStale) == isStale)
        return;
    QPalette own;
    if (isStale)
        own.setColor(QPalette::Text, quietColor(QGuiApplication::palette()));
    setPalette(own);
}

void TableView::copy()
{
    const QString text = TableModel::asText(selectedIndexes());
    if (!text.isEmpty())
        QGuiApplication::clipboard()->setText(text);
}

ExportedTable TableView::shownRows() const
{
    std::vector<int> rows;
    rows.reserve(size_t(model()->rowCount()));
    for (int row = 0; row < model()->rowCount(); ++row)
        rows.push_back(m_proxy ? m_proxy->mapToSource(m_proxy->index(row, 0)).row() : row);
    return m_rows->exported(rows);
}

void TableView::exportRows()
{
    m_exporter->ask(shownRows());
}

void TableView::exportTo(const QString &path, ExportFormat format)
{
    m_exporter->write(shownRows(), path, format);
}

void TableView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy))
        return copy();
    QTableView::keyPressEvent(event);
}

/// What the row is about: its user first.
void TableView::open(const QModelIndex &index)
{
    const QString user = index.data(UserRole).toString();
    const QString channel = index.data(ChannelRole).toString();
    const QString workspace = index.data(WorkspaceRole).toString();
    if (!user.isEmpty())
        Q_EMIT userOpened(user);
    else if (!channel.isEmpty())
        Q_EMIT channelOpened(channel);
    else if (!workspace.isEmpty())
        Q_EMIT workspaceOpened(workspace);
}

/// An ampersand would underline what comes after it.
static QString asMenuText(QString id)
{
    return id.replace(u'&', u"&&"_s);
}

void TableView::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu menu(this);
    const QString user = currentId(UserRole);
    const QString channel = currentId(ChannelRole);
    const QString workspace = currentId(WorkspaceRole);
    if (!user.isEmpty())
        menu.addAction(tr("Open User %1").arg(asMenuText(user)), this,
                       [this, user] { userOpened(user); });
    if (!channel.isEmpty())
        menu.addAction(tr("Open Channel %1").arg(asMenuText(channel)), this,
                       [this, channel] { channelOpened(channel); });
    if (!workspace.isEmpty())
        menu.addAction(tr("Open Workspace %1").arg(asMenuText(workspace)), this,
                       [this, workspace] { workspaceOpened(workspace); });
    menu.addActions(m_rowActions);
    menu.addSeparator();
    const QModelIndex cell = currentIndex();
    QAction *copyRows = menu.addAction(tr("&Copy Rows"), this, &TableView::copy);
    copyRows->setShortcut(QKeySequence::Copy);
    copyRows->setEnabled(selectionModel() && selectionModel()->hasSelection());
    QAction *copyCell = menu.addAction(tr("Copy C&ell"), this, [cell] {
        QGuiApplication::clipboard()->setText(cell.data().toString());
    });
    copyCell->setEnabled(cell.isValid());
    menu.addSeparator();
    QAction *save = menu.addAction(tr("E&xport \u2026"), this, &TableView::exportRows);
    save->setShortcut(exportKey());
    save->setEnabled(model() && model()->rowCount() > 0);
    for (QAction *action : std::as_const(m_rowActions))
        action->setEnabled(cell.isValid());
    menu.exec(event->globalPos());
}

void TableView::paintEvent(QPaintEvent *event)
{
    QTableView::paintEvent(event);
    if (m_emptyText.isEmpty() || (model() && model()->rowCount() > 0))
        return;
    // As wide as one likes to read.
    constexpr int kMost = 72; // characters
    QRect place = viewport()->rect().adjusted(16, 16, -16, -16);
    place.setWidth(std::min(place.width(), kMost * fontMetrics().averageCharWidth()));
    place.moveCenter(viewport()->rect().center());
    QPainter painter(viewport());
    painter.setPen(quietColor(palette()));
    // The name of an option is not parted after its hyphens.
    painter.drawText(place, Qt::AlignCenter | Qt::TextWordWrap,
                     QString(m_emptyText).replace(u"--"_s, u"\u2011\u2011"_s));
}

void TableView::restore()
{
    const QByteArray state = QSettings().value(u"columns/"_s + m_name).toByteArray();
    m_isRestored = !state.isEmpty() && horizontalHeader()->restoreState(state);
}

void TableView::remember() const
{
    if (model())
        QSettings().setValue(u"columns/"_s + m_name, horizontalHeader()->saveState());
}

} // namespace presence::dashboard
