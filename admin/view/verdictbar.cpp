// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/verdictbar.h"

#include "admin/view/flowlayout.h"
#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"

#include <QAccessible>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QTextDocument>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using Level = VerdictText::Level;

VerdictBar::VerdictBar(QWidget *parent)
    : QFrame(parent), m_sign(new PlainLabel), m_word(new PlainLabel), m_sentence(new QWidget),
      m_connection(new PlainLabel), m_notice(new PlainLabel)
{
    setObjectName(u"verdict"_s);
    setAutoFillBackground(true);
    QFont bold = m_word->font();
    bold.setWeight(QFont::DemiBold);
    m_word->setFont(bold);
    m_word->setContentsMargins(0, 2, 0, 2); // as high as the links behind it
    m_word->setObjectName(u"verdictWord"_s);
    m_connection->setObjectName(u"state"_s);
    m_connection->setAccessibleName(tr("State of the connection"));
    auto *sentence = new FlowLayout(m_sentence);
    sentence->setSpacing(kGrid);
    sentence->addWidget(m_word);
    addLink(); // Tab reaches it, and those after it, before what is behind the bar
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
    row->setSpacing(kGrid);
    row->addWidget(m_sign);
    row->addWidget(m_sentence, 1);
    row->addWidget(m_connection);
    row->addWidget(m_notice, 0, Qt::AlignVCenter);
    m_notice->setObjectName(u"notice"_s);
    m_notice->setFont(bold);
    m_notice->setAutoFillBackground(true);
    m_notice->setBackgroundRole(QPalette::Highlight);
    m_notice->setForegroundRole(QPalette::HighlightedText);
    m_notice->setMargin(kGrid / 2);
    m_notice->hide();
    m_connection->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    paint();
}

void VerdictBar::show(const VerdictText &verdict, const QString &connection)
{
    m_connection->setText(connection);
    m_connection->setToolTip(Qt::convertFromPlainText(connection));
    const bool isOtherLevel = verdict.level != m_verdict.level;
    const bool isNews = isOtherLevel || verdict.problems != m_verdict.problems;
    m_verdict = verdict;
    showParts();
    if (isOtherLevel)
        paint();
    if (isNews)
        announce();
}

void VerdictBar::setNotice(const QString &notice)
{
    m_notice->setText(notice);
    m_notice->setVisible(!notice.isEmpty());
}

void VerdictBar::addLink()
{
    const size_t index = m_links.size();
    auto *link = new LinkButton;
    link->setObjectName(u"verdictPart"_s);
    link->hide();
    m_sentence->layout()->addWidget(link);
    if (!m_links.empty())
        setTabOrder(m_links.back(), link);
    connect(link, &LinkButton::clicked, this, [this, index] {
        if (index < m_verdict.parts.size())
            Q_EMIT opened(m_verdict.parts[index].place);
    });
    m_links.push_back(link);
}

void VerdictBar::showParts()
{
    m_word->setText(m_verdict.parts.empty() ? m_verdict.word : m_verdict.word + u':');
    while (m_links.size() < m_verdict.parts.size())
        addLink();
    for (size_t i = 0; i < m_links.size(); ++i) {
        if (i < m_verdict.parts.size())
            m_links[i]->show(m_verdict.parts[i].text, m_verdict.parts[i].rest);
        else
            m_links[i]->hide();
    }
    setAccessibleName(m_verdict.sentence());
}

/// What has happened is not seen by who does not look.
void VerdictBar::announce()
{
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

/// Who tells it matters less than what is told.
void VerdictBar::resizeEvent(QResizeEvent *event)
{
    constexpr int kCharacters = 48;
    m_connection->setMaximumWidth(
        std::min(kCharacters * fontMetrics().averageCharWidth(), width() / 4));
    QFrame::resizeEvent(event);
}

void VerdictBar::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::ApplicationPaletteChange)
        paint();
}

static QColor colorOf(Level level, const QPalette &palette)
{
    switch (level) {
    case Level::Healthy:
        return successColor(palette);
    case Level::Degraded:
        return warningColor(palette);
    case Level::Down:
        return errorColor(palette);
    case Level::Unknown:
        break;
    }
    return quietColor(palette);
}

static QIcon iconOf(Level level, const QPalette &palette)
{
    switch (level) {
    case Level::Healthy:
        return statusIcon(Status::Online, palette);
    case Level::Degraded:
        return warningIcon(palette);
    case Level::Down:
        return statusIcon(Status::Busy, palette);
    case Level::Unknown:
        break;
    }
    return statusIcon(Status::Offline, palette);
}

void VerdictBar::paint()
{
    const QPalette &base = QGuiApplication::palette();
    QPalette own = base;
    own.setColor(QPalette::Window, washed(colorOf(m_verdict.level, base), base));
    setPalette(own);
    const int size = fontMetrics().height();
    m_sign->setPixmap(iconOf(m_verdict.level, base).pixmap(QSize(size, size), devicePixelRatioF()));
}

} // namespace presence::dashboard
