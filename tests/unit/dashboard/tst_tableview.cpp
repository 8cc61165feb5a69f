// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/sessionsmodel.h"
#include "admin/model/usersmodel.h"
#include "admin/view/tableview.h"
#include "admin/view/theme.h"
#include "tests/support/testregistry.h"

#include <QAccessible>
#include <QApplication>
#include <QHeaderView>
#include <QHelpEvent>
#include <QScrollBar>
#include <QSettings>
#include <QStyledItemDelegate>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocumentFragment>
#include <QToolTip>

#include <cmath>
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

    void aTextThatHasNoRoomIsInTheTip()
    {
        const QString message = u"Back at ten.\r\nAsk Bob\nor Carl"_s;
        m_model->enqueue(
            {{.user = UserId(QByteArray(128, 'a')), .view = {.customMessage = message.toUtf8()}},
             {.user = UserId("aa"), .view = {.customMessage = QByteArray(5000, 'x')}}},
            {});
        QTRY_COMPARE(m_model->rowCount(), 302);
        m_table->sortByColumn(UsersModel::UserColumn, Qt::AscendingOrder);
        QCOMPARE(tipOf(m_model->index(1, UsersModel::UserColumn)), QString(128, u'a'));
        // What is in sight whole needs none.
        QCOMPARE(tipOf(m_model->index(0, UsersModel::UserColumn)), QString());
        const QString whole = tipOf(m_model->index(1, UsersModel::MessageColumn));
        QVERIFY2(whole.startsWith(u"Back at ten."_s) && whole.endsWith(u"\nor Carl"_s),
                 qPrintable(whole));
        QVERIFY(tipOf(m_model->index(0, UsersModel::MessageColumn)).size() < 2100);
    }

    void aCellIsOneLine()
    {
        const auto *delegate = qobject_cast<QStyledItemDelegate *>(m_table->itemDelegate());
        const auto shown
            = [delegate](const QString &text) { return delegate->displayText(text, QLocale()); };
        QCOMPARE(shown(u"one\r\ntwo\n\u2028three"_s), u"one \u21b5 two \u21b5  \u21b5 three"_s);
        QVERIFY(shown(QString(100'000, u'x')).size() < 1100);
    }

    void theKeyboardIsSeenInEveryScheme_data()
    {
        QTest::addColumn<int>("scheme");
        QTest::newRow("light") << int(Scheme::Light);
        QTest::newRow("dark") << int(Scheme::Dark);
    }
    void theKeyboardIsSeenInEveryScheme()
    {
        QFETCH(int, scheme);
        applyScheme(static_cast<Scheme>(scheme));
        m_table->activateWindow();
        m_table->setFocus();
        QVERIFY(QTest::qWaitForWindowActive(&*m_table));
        m_table->setCurrentIndex(m_model->index(0, UsersModel::StatusColumn));
        QTest::keyClick(&*m_table, Qt::Key_Right);
        const QModelIndex cell = m_table->currentIndex();
        QCOMPARE(cell.column(), int(UsersModel::UserColumn));
        QVERIFY(contrastOfFrame(cell) > 3);
        // Where it is, and not where it was.
        QVERIFY(contrastOfFrame(cell.siblingAtColumn(UsersModel::StatusColumn)) < 1.1);
        m_table->clearSelection();
        QVERIFY(contrastOfFrame(cell) > 3);
    }

    void enterOpensTheRow()
    {
        QString opened;
        connect(&*m_table, &TableView::userOpened, this,
                [&opened](const QString &user) { opened = user; });
        m_table->setCurrentIndex(m_model->index(2, UsersModel::MessageColumn));
        QTest::keyClick(&*m_table, Qt::Key_Return);
        QCOMPARE(opened, u"m1002"_s);
    }

    void titlesSayWhatIsSortedBy()
    {
        const auto described = [this](int column) {
            const QAccessibleInterface *table = QAccessible::queryAccessibleInterface(&*m_table);
            QStringList titles;
            for (int i = 0; i < table->childCount() && titles.size() <= column; ++i) {
                if (table->child(i)->role() == QAccessible::ColumnHeader)
                    titles.append(table->child(i)->text(QAccessible::Description));
            }
            return titles.value(column);
        };
        m_table->sortByColumn(UsersModel::UserColumn, Qt::AscendingOrder);
        QCOMPARE(described(UsersModel::UserColumn), u"sorted in ascending order"_s);
        QCOMPARE(described(UsersModel::StatusColumn), QString());
        m_table->sortByColumn(UsersModel::StatusColumn, Qt::DescendingOrder);
        QCOMPARE(described(UsersModel::UserColumn), QString());
        QCOMPARE(described(UsersModel::StatusColumn), u"sorted in descending order"_s);
    }

    /// What is filtered, in the order in sight; also of a table that a proxy sorts.
    void whatIsShownIsExported()
    {
        m_model->setFilter({u"m100"_s, {}});
        m_table->sortByColumn(UsersModel::UserColumn, Qt::DescendingOrder);
        const QList<QByteArray> lines = exported(*m_table);
        QCOMPARE(lines.size(), 11);
        QVERIFY(lines[1].startsWith("\"m1009\","));
        QVERIFY(lines[10].startsWith("\"m1000\","));

        Clock clock;
        SessionsModel sessions(clock);
        sessions.setRows({{.session = SessionId("1"), .device = DeviceId("a")},
                          {.session = SessionId("2"), .device = DeviceId("b")}});
        TableView table(u"sessions"_s, u"Devices"_s);
        table.setTable(sessions);
        table.sortByColumn(0, Qt::DescendingOrder);
        const QList<QByteArray> devices = exported(table);
        QCOMPARE(devices.size(), 3);
        QVERIFY(devices[1].startsWith("\"b\","));
    }

private:
    /// As it is read in the tip of a cell; empty for none.
    QString tipOf(const QModelIndex &cell)
    {
        QToolTip::hideText(); // soon
        if (!QTest::qWaitFor([] { return !QToolTip::isVisible(); }))
            return u"the last one stays"_s;
        m_table->scrollTo(cell);
        const QPoint at = m_table->visualRect(cell).center();
        QHelpEvent hover(QEvent::ToolTip, at, m_table->viewport()->mapToGlobal(at));
        QApplication::sendEvent(m_table->viewport(), &hover);
        return QToolTip::isVisible()
            ? QTextDocumentFragment::fromHtml(QToolTip::text()).toPlainText()
            : QString();
    }

    /// As WCAG has it.
    static double luminance(const QColor &color)
    {
        const auto linear = [](double part) {
            return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF())
            + 0.0722 * linear(color.blueF());
    }

    double contrastOfFrame(const QModelIndex &cell)
    {
        const QRect rect = m_table->visualRect(cell);
        const QImage image = m_table->viewport()->grab().toImage();
        const double frame = luminance(image.pixelColor(rect.topLeft() + QPoint(2, 2)));
        const double fill = luminance(image.pixelColor(rect.topLeft() + QPoint(5, 5)));
        return (std::max(frame, fill) + 0.05) / (std::min(frame, fill) + 0.05);
    }

    static QList<QByteArray> exported(TableView &table)
    {
        const QTemporaryDir folder;
        QFile file(folder.filePath(u"table.csv"_s));
        table.exportTo(file.fileName(), ExportFormat::Csv);
        if (!QTest::qWaitFor([&file] { return file.exists(); }) || !file.open(QIODevice::ReadOnly))
            return {};
        return file.readAll().trimmed().split('\n');
    }

    Connection m_connection;
    OverviewModel m_overview{m_connection};
    std::unique_ptr<UsersModel> m_model;
    std::optional<TableView> m_table;
};

PRESENCE_WIDGET_TEST(TestTableView)
#include "tst_tableview.moc"
