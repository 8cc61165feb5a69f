// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/usersmodel.h"
#include "admin/view/tableview.h"
#include "tests/support/testregistry.h"

#include <QApplication>
#include <QHeaderView>
#include <QHelpEvent>
#include <QScrollBar>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocumentFragment>
#include <QToolTip>

#include <optional>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;

static std::vector<UserRow> rows(char letter, int count)
{
    std::vector<UserRow> list;
    for (int i = 0; i < count; ++i)
        list.push_back({.user = UserId(letter + QByteArray::number(1000 + i))});
    return list;
}

class TestTableView : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QCoreApplication::setOrganizationName(u"presence-tests"_s);
        QCoreApplication::setApplicationName(u"tst_tableview"_s);
        QSettings().clear();
    }
    void init()
    {
        m_model = std::make_unique<UsersModel>(m_overview);
        m_table.emplace(u"users"_s, u"Users"_s);
        m_table->setTable(*m_model, TableView::Sorting::ByModel);
        m_table->setDefaultSorting(UsersModel::UserColumn, Qt::AscendingOrder);
        m_table->resize(600, 400);
        m_table->show();
        m_model->enqueue(rows('m', 300), {});
        QTRY_COMPARE(m_model->rowCount(), 300);
    }
    void cleanup()
    {
        m_table.reset();
        m_model.reset();
    }

    void whatOneLooksAtStaysWhileOthersCome()
    {
        m_table->verticalScrollBar()->setValue(150);
        const QPersistentModelIndex chosen = m_model->index(155, UsersModel::UserColumn);
        m_table->selectRow(155);
        const int top = m_table->visualRect(chosen).top();
        m_model->enqueue(rows('a', 50), {});
        QTRY_COMPARE(m_model->rowCount(), 350);
        QCOMPARE(chosen.row(), 205);
        QCOMPARE(m_table->visualRect(chosen).top(), top);
        QVERIFY(m_table->selectionModel()->isRowSelected(205));
    }

    void atTheTopItStaysAtTheTop()
    {
        m_model->enqueue(rows('a', 50), {});
        QTRY_COMPARE(m_model->rowCount(), 350);
        QCOMPARE(m_table->verticalScrollBar()->value(), 0);
    }

    void columnsAreRemembered()
    {
        m_table->setColumnWidth(UsersModel::UserColumn, 321);
        m_table->sortByColumn(UsersModel::StatusColumn, Qt::DescendingOrder);
        m_table.reset();
        TableView again(u"users"_s, u"Users"_s);
        again.setTable(*m_model, TableView::Sorting::ByModel);
        again.setColumnWidths({10, 10, 10});
        QCOMPARE(again.columnWidth(UsersModel::UserColumn), 321);
        QCOMPARE(again.horizontalHeader()->sortIndicatorSection(), int(UsersModel::StatusColumn));
    }

    void anEmptyTableSaysWhy()
    {
        TableView empty(u"empty"_s, u"Empty"_s);
        UsersModel model(m_overview);
        empty.setTable(model, TableView::Sorting::ByModel);
        empty.resize(300, 200);
        const QImage before = empty.grab().toImage();
        empty.setEmptyText(u"Nobody is here."_s);
        QVERIFY(empty.grab().toImage() != before);
    }

    // What a user wrote is shown as it is, and nothing that it names is opened.
    void aTipThatLooksLikeHtmlIsText()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"picture.png"_s);
        QVERIFY(QImage(400, 700, QImage::Format_RGB32).save(path));
        const QString text = u"<img src=\"file://%1\">"_s.arg(path);
        m_model->enqueue({{.user = UserId("a"), .view = {.customMessage = text.toUtf8()}}}, {});
        QTRY_COMPARE(m_model->rowCount(), 301);
        m_table->sortByColumn(UsersModel::UserColumn, Qt::AscendingOrder);
        const QModelIndex cell = m_model->index(0, UsersModel::MessageColumn);
        QCOMPARE(cell.data(Qt::ToolTipRole).toString(), text);
        m_table->scrollTo(cell);
        const QPoint at = m_table->visualRect(cell).center();
        QHelpEvent hover(QEvent::ToolTip, at, m_table->viewport()->mapToGlobal(at));
        QApplication::sendEvent(m_table->viewport(), &hover);
        QTRY_VERIFY(QToolTip::isVisible());
        const QWidgetList windows = QApplication::topLevelWidgets();
        const auto tip = std::ranges::find_if(
            windows, [](const QWidget *window) { return window->inherits("QTipLabel"); });
        QVERIFY(tip != windows.end());
        QVERIFY2((*tip)->height() < 200, qPrintable(QString::number((*tip)->height())));
        QCOMPARE(QTextDocumentFragment::fromHtml(QToolTip::text()).toPlainText(), text);
        QToolTip::hideText();
    }

private:
    Connection m_connection;
    OverviewModel m_overview{m_connection};
    std::unique_ptr<UsersModel> m_model;
    std::optional<TableView> m_table;
};

PRESENCE_WIDGET_TEST(TestTableView)
#include "tst_tableview.moc"
