// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/app/mainwindow.h"
#include "admin/app/translations.h"
#include "tests/support/testregistry.h"

#include <QApplication>
#include <QGroupBox>
#include <QMenuBar>
#include <QSettings>
#include <QTcpServer>
#include <QTest>
#include <QTranslator>

#include <memory>

using namespace presence::dashboard;
using namespace Qt::StringLiterals;

/// The texts of a page that may have a mnemonic, whether they are visible now or in another state.
static QStringList textsOf(const QWidget *page)
{
    QStringList texts;
    for (const QAbstractButton *button : page->findChildren<QAbstractButton *>())
        texts.append(button->text());
    for (const QGroupBox *box : page->findChildren<QGroupBox *>())
        texts.append(box->title());
    for (const QLabel *label : page->findChildren<QLabel *>()) {
        if (label->buddy())
            texts.append(label->text());
    }
    return texts;
}

static QStringList textsOf(const QList<QAction *> &actions)
{
    QStringList texts;
    for (const QAction *action : actions)
        texts.append(action->text());
    return texts;
}

/// Those that clash, or nothing.
static QString clashOf(const QStringList &texts)
{
    QHash<QKeySequence, QString> seen;
    for (const QString &text : texts) {
        const QKeySequence mnemonic = QKeySequence::mnemonic(text);
        if (mnemonic.isEmpty())
            continue;
        if (seen.contains(mnemonic))
            return seen[mnemonic] + u" and "_s + text;
        seen.insert(mnemonic, text);
    }
    return {};
}

/// Alt and a letter do one thing only.
class TestMnemonics : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<QLocale>("locale");
        QTest::addColumn<QString>("help");
        QTest::newRow("English") << QLocale(QLocale::English) << u"&Help"_s;
        QTest::newRow("German") << QLocale(QLocale::German) << u"&Hilfe"_s;
    }
    void init()
    {
        QFETCH_GLOBAL(QLocale, locale);
        QSettings().clear();
        installTranslations(locale);
        m_window = std::make_unique<MainWindow>();
        m_window->show();
    }
    void cleanup()
    {
        m_window.reset();
        qDeleteAll(qApp->findChildren<QTranslator *>());
    }

    void ofAPageAndTheMenusAreDistinct_data()
    {
        QTest::addColumn<int>("page");
        for (const auto &[name, page] : {std::pair{"overview", MainWindow::OverviewId},
                                         {"users", MainWindow::UsersId},
                                         {"channels", MainWindow::ChannelsId},
                                         {"ghosts", MainWindow::GhostsId},
                                         {"events", MainWindow::EventsId},
                                         {"connection", MainWindow::ConnectId}})
            QTest::newRow(name) << int(page);
    }
    void ofAPageAndTheMenusAreDistinct()
    {
        QFETCH_GLOBAL(QString, help);
        QFETCH(int, page);
        const QStringList menus = textsOf(m_window->menuBar()->actions());
        QVERIFY(menus.contains(help));
        m_window->showPage(static_cast<MainWindow::PageId>(page));
        for (const bool isPaused : {false, true}) {
            m_window->models().events.setPaused(isPaused);
            const auto *pages = m_window->findChild<QStackedWidget *>();
            const QString clash = clashOf(menus + textsOf(pages->widget(page)));
            QVERIFY2(clash.isEmpty(), qPrintable(clash));
        }
    }

    void ofAMenuAreDistinct()
    {
        for (const QAction *menu : m_window->menuBar()->actions()) {
            const QString clash = clashOf(textsOf(menu->menu()->actions()));
            QVERIFY2(clash.isEmpty(), qPrintable(clash));
        }
        const QStringList ofTables{TableView::tr("&Copy Rows"), TableView::tr("Copy C&ell"),
                                   TableView::tr("E&xport \u2026")};
        for (const QWidget *page : std::initializer_list<const QWidget *>{
                 m_window->findChild<UsersPage *>(),
                 m_window->findChild<presence::dashboard::UserPage *>(),
                 m_window->findChild<GhostsPage *>()}) {
            const auto actions
                = page->findChildren<QAction *>(QString(), Qt::FindDirectChildrenOnly);
            QVERIFY(!actions.isEmpty());
            const QString clash = clashOf(ofTables + textsOf(actions));
            QVERIFY2(clash.isEmpty(), qPrintable(clash));
        }
    }

    /// It comes above any page.
    void aBarHasNone()
    {
        QTcpServer nobody;
        QVERIFY(nobody.listen(QHostAddress::LocalHost));
        const QUrl url(u"http://127.0.0.1:%1"_s.arg(nobody.serverPort()));
        nobody.close();
        m_window->open({u"nobody"_s, url, {}}, "none"_ba, false);
        for (MessageBar *bar : m_window->findChildren<MessageBar *>())
            bar->ask(u"?"_s, {}, [] {});
        // Until it is tried again.
        QTRY_VERIFY(std::ranges::any_of(
            m_window->findChildren<QPushButton *>(u"confirm"_s),
            [](const QPushButton *button) { return !button->text().isEmpty(); }));
        for (const MessageBar *bar : m_window->findChildren<MessageBar *>()) {
            const QString texts = textsOf(bar).join(u' ');
            QVERIFY2(QKeySequence::mnemonic(texts).isEmpty(), qPrintable(texts));
        }
    }

private:
    std::unique_ptr<MainWindow> m_window;
};

PRESENCE_WIDGET_TEST(TestMnemonics)
#include "tst_mnemonics.moc"
