// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/messagebar.h"
#include "tests/support/testregistry.h"

#include <QApplication>
#include <QLineEdit>
#include <QTest>
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
