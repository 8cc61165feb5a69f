// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/statusform.h"

#include "admin/model/texts.h"
#include "admin/view/theme.h"
#include "shared/protocol/limits.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPushButton>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

StatusForm::StatusForm(QWidget *parent)
    : QFrame(parent), m_status(new QComboBox), m_message(new QLineEdit), m_emoji(new QLineEdit),
      m_clearAfter(new QComboBox)
{
    setFrameShape(StyledPanel);
    for (const Status status :
         {Status::Online, Status::Away, Status::Busy, Status::Offline, Status::Invisible})
        m_status->addItem(statusText(status), int(status));
    paintSigns();
    m_status->setObjectName(u"status"_s);
    m_status->setAccessibleName(tr("Status"));
    m_message->setPlaceholderText(tr("Message"));
    m_message->setAccessibleName(tr("Message"));
    m_message->setMaxLength(limits::kMaxCustomMessage);
    m_emoji->setPlaceholderText(tr("Emoji"));
    m_emoji->setAccessibleName(tr("Emoji"));
    m_emoji->setMaximumWidth(80);
    m_clearAfter->setAccessibleName(tr("Clear after"));
    m_clearAfter->addItem(tr("until changed"), 0);
    for (const int minutes : {5, 30, 60, 240})
        m_clearAfter->addItem(tr("for %1").arg(durationText(std::chrono::minutes(minutes))),
                              minutes * 60);
    auto *set = new QPushButton(tr("&Set"));
    set->setObjectName(u"setStatus"_s);
    auto *cancel = new QPushButton(tr("Ca&ncel"));
    connect(set, &QPushButton::clicked, this, &StatusForm::accept);
    connect(m_message, &QLineEdit::returnPressed, this, &StatusForm::accept);
    connect(cancel, &QPushButton::clicked, this, &QWidget::hide);
    auto *layout = new QHBoxLayout(this);
    layout->addWidget(m_status);
    layout->addWidget(m_message, 1);
    layout->addWidget(m_emoji);
    layout->addWidget(m_clearAfter);
    layout->addWidget(cancel);
    layout->addWidget(set);
    hide();
}

/// In the colours of the desktop, which may change.
void StatusForm::paintSigns()
{
    for (int i = 0; i < m_status->count(); ++i)
        m_status->setItemIcon(
            i, statusIcon(static_cast<Status>(m_status->itemData(i).toInt()), palette()));
}

void StatusForm::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        paintSigns();
}

void StatusForm::open(Status status, const QString &message, const QString &emoji)
{
    m_status->setCurrentIndex(m_status->findData(int(status)));
    m_message->setText(message);
    m_emoji->setText(emoji);
    m_clearAfter->setCurrentIndex(0);
    show();
    m_status->setFocus();
}

void StatusForm::accept()
{
    StatusChange change{.status = static_cast<Status>(m_status->currentData().toInt()),
                        .customMessage = m_message->text().toUtf8(),
                        .emoji = m_emoji->text().toUtf8()};
    if (const int seconds = m_clearAfter->currentData().toInt(); seconds > 0)
        change.clearAfter = std::chrono::seconds(seconds);
    hide();
    Q_EMIT accepted(change);
}

void StatusForm::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        return hide();
    QFrame::keyPressEvent(event);
}

} // namespace presence::dashboard
