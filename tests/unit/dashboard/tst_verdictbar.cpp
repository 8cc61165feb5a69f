// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/flowlayout.h"
#include "admin/view/navigation.h"
#include "admin/view/theme.h"
#include "admin/view/verdictbar.h"
#include "tests/support/testregistry.h"

#include <QAccessible>
#include <QApplication>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTextDocumentFragment>

#include <cmath>
#include <memory>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using Level = VerdictText::Level;
using Place = VerdictPart::Place;

/// As WCAG 2 has it.
static double luminance(const QColor &color)
{
    const auto linear
        = [](double c) { return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF())
        + 0.0722 * linear(color.blueF());
}

static double contrast(const QColor &a, const QColor &b)
{
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

static QList<LinkButton *> shownLinks(const VerdictBar &bar)
{
    QList<LinkButton *> links = bar.findChildren<LinkButton *>();
    links.removeIf([](const LinkButton *link) { return link->isHidden(); });
    return links;
}

/// The sentence on top of the window, and the badges beside it.
class TestVerdictBar : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        applyScheme(Scheme::Light);
        m_bar = std::make_unique<VerdictBar>();
        m_bar->resize(900, 40);
        m_bar->QWidget::show();
        m_bar->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_bar.get()));
    }
    void cleanup() { m_bar.reset(); }

    void partsAreReachedAndPressedByKeyboard()
    {
        QSignalSpy opened(m_bar.get(), &VerdictBar::opened);
        m_bar->show({Level::Degraded,
                     u"Degraded"_s,
                     {{u"node-d unreachable"_s, Place::Overview}, {u"4 ghosts"_s, Place::Ghosts}}},
                    u"here"_s);
        const auto links = shownLinks(*m_bar);
        QCOMPARE(links.size(), 2);
        QTest::keyClick(m_bar.get(), Qt::Key_Tab);
        QTRY_VERIFY(links[0]->hasFocus());
        QTest::keyClick(links[0], Qt::Key_Tab);
        QTRY_VERIFY(links[1]->hasFocus());
        QTest::keyClick(links[1], Qt::Key_Return);
        QCOMPARE(opened.size(), 1);
        QCOMPARE(opened[0][0].value<Place>(), Place::Ghosts);
        QTest::mouseClick(links[0], Qt::LeftButton);
        QCOMPARE(opened[1][0].value<Place>(), Place::Overview);
    }

    // The sentence is said anew each second.
    void newsTakeNoFocus()
    {
        const auto show = [this](const QString &latency) {
            m_bar->show({Level::Healthy, u"Healthy"_s, {{latency, Place::Overview}}}, {});
        };
        show(u"Redis 0.2 ms"_s);
        LinkButton *link = shownLinks(*m_bar).at(0);
        link->setFocus();
        show(u"Redis 0.3 ms"_s);
        QVERIFY(link->hasFocus());
        QCOMPARE(link->shown(), u"Redis 0.3 ms"_s);
    }

    void namesAreNoMnemonics()
    {
        m_bar->show({Level::Degraded, u"Degraded"_s, {{u"<b>a&b</b>"_s, Place::Overview}}}, {});
        LinkButton *link = shownLinks(*m_bar).at(0);
        QVERIFY(link->shortcut().isEmpty());
        QCOMPARE(link->shown(), u"<b>a&b</b>"_s);
        QCOMPARE(QAccessible::queryAccessibleInterface(link)->text(QAccessible::Name),
                 u"<b>a&b</b>"_s);
    }

    // The links come when there is a verdict, and are reached where they are.
    void theLinksAreBeforeWhatIsBehindThem()
    {
        QWidget window;
        auto *before = new QPushButton;
        auto *bar = new VerdictBar;
        auto *after = new QPushButton;
        auto *layout = new QHBoxLayout(&window);
        for (QWidget *widget : std::initializer_list<QWidget *>{before, bar, after})
            layout->addWidget(widget);
        window.resize(900, 40);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        bar->show({Level::Healthy, u"Healthy"_s, {{u"one"_s}}}, {});
        bar->show({Level::Healthy, u"Healthy"_s, {{u"one"_s}, {u"two"_s}, {u"three"_s}}}, {});
        QTRY_COMPARE(shownLinks(*bar).size(), 3);
        before->setFocus();
        QStringList reached;
        while (!after->hasFocus() && reached.size() < 9) {
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            const auto *link = qobject_cast<LinkButton *>(QApplication::focusWidget());
            reached.append(link ? link->shown() : QString());
        }
        QCOMPARE(reached, (QStringList{u"one"_s, u"two"_s, u"three"_s, QString()}));
    }

    void whatAPartStandsForIsInItsTip()
    {
        m_bar->show({Level::Degraded,
                     u"Degraded"_s,
                     {{u"2 more"_s, Place::Overview, u"node-a draining\n<b>"_s}}},
                    {});
        const LinkButton *link = shownLinks(*m_bar).at(0);
        QCOMPARE(link->accessibleDescription(), u"node-a draining\n<b>"_s);
        QCOMPARE(QTextDocumentFragment::fromHtml(link->toolTip()).toPlainText(),
                 link->accessibleDescription());
    }

    void itIsSaidAsOneSentence()
    {
        m_bar->show({Level::Down,
                     u"Down"_s,
                     {{u"Redis unreachable"_s, Place::Overview}, {u"4 ghosts"_s, Place::Ghosts}}},
                    {});
        QCOMPARE(QAccessible::queryAccessibleInterface(m_bar.get())->text(QAccessible::Name),
                 u"Down: Redis unreachable \u00b7 4 ghosts"_s);
    }

    // A sentence that is too long takes a second line.
    void itIsWholeInANarrowWindow()
    {
        VerdictText text{Level::Degraded, u"Degraded"_s, {}};
        for (int i = 0; i < 4; ++i)
            text.parts.push_back({u"node-%1 unreachable since 13:24:36"_s.arg(i), Place::Overview});
        m_bar->show(text, u"local: connected to node a"_s);
        // It makes a window on a small screen no wider.
        QVERIFY(m_bar->minimumSizeHint().width() <= 360);
        m_bar->resize(600, m_bar->heightForWidth(600));
        for (const LinkButton *link : shownLinks(*m_bar)) {
            QTRY_VERIFY(link->width() >= link->sizeHint().width());
            QVERIFY(m_bar->rect().contains(
                QRect(link->mapTo(m_bar.get(), QPoint(0, 0)), link->size())));
        }
    }

    void badgesAreSaid()
    {
        Navigation pages({{u"Overview"_s, u"overview"_s}, {u"Ghosts"_s, u"ghosts"_s}});
        pages.show();
        pages.setBadge(1, 3, u"3 ghosts"_s);
        QCOMPARE(pages.item(1)->data(Qt::AccessibleTextRole).toString(), u"Ghosts, 3 ghosts"_s);
        pages.setBadge(1, 0, {});
        QCOMPARE(pages.item(1)->data(Qt::AccessibleTextRole).toString(), u"Ghosts"_s);
    }

    void iconsAreThere()
    {
        for (const QString &name : {u"overview"_s, u"users"_s, u"channels"_s, u"ghosts"_s,
                                    u"events"_s, u"connection"_s}) {
            const QImage image = pageIcon(name, Qt::red).pixmap(20, 20).toImage();
            bool isDrawn = false;
            for (int x = 0; x < image.width(); ++x) {
                for (int y = 0; y < image.height(); ++y)
                    isDrawn |= image.pixelColor(x, y).alpha() > 200;
            }
            QVERIFY2(isDrawn, qPrintable(name));
        }
    }

    void whereTheDesktopHasNoColorsThereAreSome()
    {
        const QColor light = QApplication::palette().color(QPalette::Window);
        QApplication::setPalette(QPalette());
        QVERIFY(QApplication::palette().color(QPalette::Window) != light);
        applyScheme(Scheme::System);
        QCOMPARE(QApplication::palette().color(QPalette::Window), light);
        // One that the desktop has stays.
        QPalette desktop = QApplication::palette();
        desktop.setColor(QPalette::Window, Qt::yellow);
        QApplication::setPalette(desktop);
        applyScheme(Scheme::System);
        QCOMPARE(QApplication::palette().color(QPalette::Window), QColor(Qt::yellow));
    }

    void allCanBeRead_data()
    {
        QTest::addColumn<Scheme>("scheme");
        QTest::newRow("light") << Scheme::Light;
        QTest::newRow("dark") << Scheme::Dark;
    }
    void allCanBeRead()
    {
        QFETCH(Scheme, scheme);
        applyScheme(scheme);
        const QPalette palette = QApplication::palette();
        const QColor window = palette.color(QPalette::Window);
        const QColor base = palette.color(QPalette::Base);
        std::vector<QColor> colors{quietColor(palette), palette.color(QPalette::Text),
                                   palette.color(QPalette::Link), accentColor(palette)};
        for (const Status status :
             {Status::Online, Status::Away, Status::Busy, Status::Invisible, Status::Offline})
            colors.push_back(statusColor(status, palette));
        for (const QColor &color : colors) {
            for (const QColor &back : {window, base})
                QVERIFY2(contrast(color, back) >= 4.5, qPrintable(color.name() + back.name()));
            const QColor back = washed(color, palette);
            for (const auto role : {QPalette::WindowText, QPalette::Link})
                QVERIFY2(contrast(palette.color(role), back) >= 4.5, qPrintable(back.name()));
        }
        QVERIFY(
            contrast(palette.color(QPalette::HighlightedText), palette.color(QPalette::Highlight))
            >= 4.5);
        QVERIFY(contrast(isDark(palette) ? Qt::black : Qt::white, warningColor(palette)) >= 4.5);
    }

private:
    std::unique_ptr<VerdictBar> m_bar;
};

PRESENCE_WIDGET_TEST(TestVerdictBar)
#include "tst_verdictbar.moc"
