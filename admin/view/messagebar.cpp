// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/messagebar.h"

#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"

#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QVBoxLayout>

#include <utility>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kDoneShown = 8000ms;
static constexpr qint64 kToldFor = 100; ///< ms

MessageBar::MessageBar(QWidget *parent)
    : QFrame(parent), m_sign(new PlainLabel), m_text(new PlainLabel), m_choice(new QComboBox),
      m_act(new QPushButton), m_close(new QPushButton)
{
    setObjectName(u"messageBar"_s);
    setAutoFillBackground(true);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, kGrid / 2, kGrid, kGrid / 2);
    layout->setSpacing(kGrid);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_act->setObjectName(u"confirm"_s);
    m_close->setObjectName(u"cancel"_s);
    m_choice->setObjectName(u"choice"_s);
    m_choice->setAccessibleName(tr("Choice"));
    for (QPushButton *button : {m_act, m_close})
        button->setAutoDefault(true); // Enter presses the one that has the focus
    layout->addWidget(m_sign);
    // Below each other: the bar of a user's details is narrow.
    auto *column = new QVBoxLayout;
    column->addWidget(m_text);
    column->addWidget(m_choice, 0, Qt::AlignLeft);
    layout->addLayout(column, 1);
    layout->addWidget(m_close);
    layout->addWidget(m_act);
    connect(m_close, &QPushButton::clicked, this, &MessageBar::dismiss);
    connect(m_act, &QPushButton::clicked, this, [this] {
        const auto pressed = m_pressed;
        if (m_kind == Kind::Question)
            dismiss();
        if (pressed)
            pressed();
    });
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &MessageBar::dismiss);
    hide();
}

void MessageBar::set(Kind kind, const QString &text, const QString &button)
{
    m_kind = kind;
    m_hasPlace = false;
    m_pressed = nullptr;
    m_timer.stop();
    m_text->setText(text);
    m_act->setText(button);
    // Not hidden in between: that would take the focus from a button that is said each second anew.
    m_act->setVisible(!button.isEmpty());
    m_choice->hide();
    m_close->setText(tr("Close"));
    m_close->setVisible(kind != Kind::Warning && kind != Kind::Progress);
    paint();
    show();
}

void MessageBar::say(Kind kind, const QString &text)
{
    set(kind, text);
    if (kind == Kind::Done)
        m_timer.start(kDoneShown);
}

void MessageBar::conclude(Kind kind, const QString &text)
{
    set(kind, text);
}

void MessageBar::say(Kind kind, const QString &text, const QString &button,
                     const std::function<void()> &pressed)
{
    set(kind, text, button);
    m_pressed = pressed;
}

void MessageBar::ask(const QString &question, const QString &yes,
                     const std::function<void()> &confirmed)
{
    set(Kind::Question, question, yes);
    m_pressed = confirmed;
    m_close->setText(tr("Cancel"));
    m_close->setFocus();
}

void MessageBar::ask(const QString &question, const QString &yes, const QStringList &choices,
                     const std::function<void(int)> &confirmed)
{
    ask(question, yes, [this, confirmed] { confirmed(m_choice->currentIndex()); });
    m_choice->clear();
    m_choice->addItems(choices);
    m_choice->show();
}

void MessageBar::tell(const QString &progress, const std::function<void()> &cancel)
{
    if (isTelling() && !m_sinceTold.hasExpired(kToldFor))
        return;
    m_sinceTold.start();
    say(Kind::Progress, progress, tr("Cancel"), cancel);
}

void MessageBar::setPlace(const QString &place)
{
    if (!isHidden() && !std::exchange(m_hasPlace, true))
        m_text->setText(tr("%1: %2").arg(place, m_text->text()));
}

void MessageBar::dismiss()
{
    m_pressed = nullptr;
    m_timer.stop();
    hide();
}

void MessageBar::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape && m_close->isVisible())
        return dismiss();
    QFrame::keyPressEvent(event);
}

void MessageBar::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::ApplicationPaletteChange)
        paint();
}

void MessageBar::paint()
{
    const QPalette &base = QGuiApplication::palette();
    const QColor color = m_kind == Kind::Done ? successColor(base)
        : m_kind == Kind::Error               ? errorColor(base)
        : m_kind == Kind::Progress            ? accentColor(base)
                                              : warningColor(base);
    QPalette own = base;
    own.setColor(QPalette::Window, washed(color, base));
    setPalette(own);
    const int size = fontMetrics().height();
    m_sign->setPixmap((m_kind == Kind::Done        ? statusIcon(Status::Online, base)
                           : m_kind == Kind::Error ? statusIcon(Status::Busy, base)
                           : m_kind == Kind::Progress
                           ? statusIcon(Status::Online, accentColor(base))
                           : warningIcon(base))
                          .pixmap(QSize(size, size), devicePixelRatioF()));
}

} // namespace presence::dashboard
