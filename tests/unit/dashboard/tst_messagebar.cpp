// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/plainlabel.h"
#include "admin/view/taskbars.h"
#include "tests/support/testregistry.h"

#include <QApplication>
#include <QHelpEvent>
#include <QLineEdit>
#include <QTest>
#include <QTextDocumentFragment>
#include <QToolTip>
#include <QVBoxLayout>

#include <memory>

using namespace presence::dashboard;
using namespace Qt::StringLiterals;

class TestMessageBar : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_window = std::make_unique<QWidget>();
        m_bar = new MessageBar;
        auto *layout = new QVBoxLayout(m_window.get());
        layout->addWidget(m_bar);
        layout->addWidget(new QLineEdit); // that would like to have the focus
        m_window->resize(600, 100);
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }
    void cleanup() { m_window.reset(); }

    void aCountdownTakesNeitherFocusNorClick()
    {
        int pressed = 0;
        const auto say = [&](const QString &text) {
            m_bar->say(MessageBar::Kind::Warning, text, u"Retry"_s, [&pressed] { ++pressed; });
        };
        say(u"in 2 s"_s);
        auto *retry = button(u"confirm"_s);
        retry->setFocus();
        QTest::mousePress(retry, Qt::LeftButton);
        say(u"in 1 s"_s);
        QVERIFY(retry->hasFocus());
        QTest::mouseRelease(retry, Qt::LeftButton);
        QCOMPARE(pressed, 1);
        QCOMPARE(m_bar->text(), u"in 1 s"_s);
    }

    void aQuestionBeginsAtCancel()
    {
        int confirmed = 0;
        m_bar->ask(u"Do it?"_s, u"Do"_s, [&confirmed] { ++confirmed; });
        QVERIFY(button(u"cancel"_s)->hasFocus());
        QTest::keyClick(button(u"cancel"_s), Qt::Key_Space);
        QVERIFY(!m_bar->isVisible());
        QCOMPARE(confirmed, 0);
        m_bar->ask(u"Do it?"_s, u"Do"_s, [&confirmed] { ++confirmed; });
        QTest::mouseClick(button(u"confirm"_s), Qt::LeftButton);
        QVERIFY(!m_bar->isVisible());
        QCOMPARE(confirmed, 1);
    }

    void enterPressesWhatHasTheFocus()
    {
        int confirmed = 0;
        m_bar->ask(u"Do it?"_s, u"Do"_s, [&confirmed] { ++confirmed; });
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
        QVERIFY(!m_bar->isVisible());
        QCOMPARE(confirmed, 0);
        m_bar->ask(u"Do it?"_s, u"Do"_s, [&confirmed] { ++confirmed; });
        button(u"confirm"_s)->setFocus();
        QTest::keyClick(button(u"confirm"_s), Qt::Key_Return);
        QCOMPARE(confirmed, 1);
    }

    void aQuestionMayHaveAChoice()
    {
        int chosen = -1;
        auto *choice = m_bar->findChild<QComboBox *>();
        m_bar->ask(u"Do it?"_s, u"Do"_s, {u"now"_s, u"later"_s},
                   [&](int index) { chosen = index; });
        QVERIFY(choice->isVisible());
        QCOMPARE(choice->currentText(), u"now"_s);
        choice->setFocus();
        QTest::keyClick(choice, Qt::Key_Down);
        QTest::mouseClick(button(u"confirm"_s), Qt::LeftButton);
        QCOMPARE(chosen, 1);
        m_bar->say(MessageBar::Kind::Error, u"no"_s);
        QVERIFY(!choice->isVisible());
    }

    void progressIsCancelled()
    {
        int cancelled = 0;
        m_bar->tell(u"1 of 9"_s, [&cancelled] { ++cancelled; });
        QCOMPARE(m_bar->text(), u"1 of 9"_s);
        QVERIFY(!button(u"cancel"_s)->isVisible());
        QTest::mouseClick(button(u"confirm"_s), Qt::LeftButton);
        QCOMPARE(cancelled, 1);
    }

    /// Of two that are under way at once each has its own, and what came of one stays.
    void eachTaskHasABar()
    {
        using Task = TaskBars::Task;
        TaskBars bars;
        QCOMPARE(TaskBars::of(m_window.get()), nullptr);
        MessageBar &first = bars.begin(Task::Export);
        first.tell(u"1 of 9"_s, [] {});
        MessageBar &second = bars.begin(Task::Export);
        MessageBar &other = bars.begin(Task::DisconnectUsers);
        QVERIFY(&second != &first && &other != &first && &other != &second);
        second.conclude(MessageBar::Kind::Done, u"two"_s);
        other.conclude(MessageBar::Kind::Done, u"three"_s);
        first.conclude(MessageBar::Kind::Done, u"one"_s);
        QCOMPARE(first.text(), u"one"_s);
        QCOMPARE(second.text(), u"two"_s);
        QCOMPARE(other.text(), u"three"_s);
        QCOMPARE(&bars.begin(Task::DisconnectUsers), &other);
    }

    void aLabelThatIsCutHasATip()
    {
        PlainLabel label(u"<b>"_s + QString(300, u'W'));
        label.resize(100, 20);
        label.show();
        QHelpEvent hover(QEvent::ToolTip, {5, 5}, label.mapToGlobal(QPoint(5, 5)));
        QApplication::sendEvent(&label, &hover);
        QCOMPARE(QTextDocumentFragment::fromHtml(QToolTip::text()).toPlainText(), label.text());
        QToolTip::hideText();
        QTRY_VERIFY(!QToolTip::isVisible());
        label.setText(u"short"_s);
        QApplication::sendEvent(&label, &hover);
        QVERIFY(!QToolTip::isVisible());
    }

    void whatNeedsNoButtonHasNone()
    {
        m_bar->say(MessageBar::Kind::Warning, u"one"_s, u"Retry"_s, [] {});
        m_bar->say(MessageBar::Kind::Done, u"two"_s);
        QVERIFY(!button(u"confirm"_s)->isVisible());
        QVERIFY(button(u"cancel"_s)->isVisible());
    }

private:
    QPushButton *button(const QString &name) const { return m_bar->findChild<QPushButton *>(name); }

    std::unique_ptr<QWidget> m_window;
    MessageBar *m_bar = nullptr;
};

PRESENCE_WIDGET_TEST(TestMessageBar)
#include "tst_messagebar.moc"
