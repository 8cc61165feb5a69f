// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/eventspage.h"

#include "admin/view/plainlabel.h"

#include <QHBoxLayout>
#include <QShortcut>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kTyping = 400ms;

EventsPage::EventsPage(EventLogModel &events, QWidget *parent)
    : QWidget(parent), m_events(events), m_pause(new QPushButton),
      m_user(makeFilter(u"eventUser"_s, tr("User"))),
      m_channel(makeFilter(u"eventChannel"_s, tr("Channel"))),
      m_workspace(makeFilter(u"eventWorkspace"_s, tr("Workspace"))), m_count(new PlainLabel),
      m_table(new TableView(u"events"_s, tr("Events")))
{
    m_table->setTable(events, TableView::Sorting::None);
    m_table->setColumnWidths({14, 12, 22, 22, 30});
    connect(m_table, &TableView::userOpened, this, &EventsPage::userOpened);
    connect(m_table, &TableView::channelOpened, this, &EventsPage::channelOpened);
    connect(m_table, &TableView::workspaceOpened, this, &EventsPage::workspaceOpened);
    auto *layout = new QVBoxLayout(this);
    layout->addLayout(makeKinds());
    layout->addLayout(makeFilters());
    layout->addWidget(m_table, 1);
    layout->addWidget(m_count);
    m_chosen.setSingleShot(true);
    m_chosen.setInterval(kTyping);
    connect(&m_chosen, &QTimer::timeout, this, &EventsPage::choose);
    connect(&events, &EventLogModel::changed, this, &EventsPage::refresh);
    auto *space = new QShortcut(Qt::Key_Space, m_table, nullptr, nullptr, Qt::WidgetShortcut);
    connect(space, &QShortcut::activated, m_pause, &QPushButton::click);
    auto *find = new QShortcut(QKeySequence::Find, this);
    connect(find, &QShortcut::activated, m_user, [this] { m_user->setFocus(); });
    refresh();
}

QLayout *EventsPage::makeKinds()
{
    auto *row = new QHBoxLayout;
    m_pause->setObjectName(u"pause"_s);
    m_pause->setCheckable(true);
    m_pause->setToolTip(tr("New events are queued meanwhile (Space in the table)"));
    connect(m_pause, &QPushButton::toggled, &m_events, &EventLogModel::setPaused);
    row->addWidget(m_pause);
    row->addSpacing(8);
    for (const auto kind :
         {EventRow::Kind::Status, EventRow::Kind::Workspace, EventRow::Kind::Typing,
          EventRow::Kind::View, EventRow::Kind::Command}) {
        auto *toggle = new QToolButton;
        toggle->setCheckable(true);
        toggle->setText(kindText(kind));
        toggle->setFocusPolicy(Qt::StrongFocus);
        toggle->setToolTip(kind == EventRow::Kind::View
                               ? tr("Viewers are told of with a channel only")
                               : tr("Show only such events"));
        connect(toggle, &QToolButton::toggled, this, &EventsPage::choose);
        m_kinds.append({kind, toggle});
        row->addWidget(toggle);
    }
    row->addStretch();
    auto *clear = new QPushButton(tr("C&lear"));
    connect(clear, &QPushButton::clicked, &m_events, &EventLogModel::clear);
    auto *save = new QPushButton(tr("&Export \u2026"));
    connect(save, &QPushButton::clicked, m_table, &TableView::exportRows);
    row->addWidget(clear);
    row->addWidget(save);
    return row;
}

QLineEdit *EventsPage::makeFilter(const QString &name, const QString &text)
{
    auto *edit = new QLineEdit;
    edit->setObjectName(name);
    edit->setPlaceholderText(text);
    edit->setAccessibleName(text);
    edit->setClearButtonEnabled(true);
    connect(edit, &QLineEdit::textChanged, this, [this] { m_chosen.start(); });
    connect(edit, &QLineEdit::returnPressed, this, &EventsPage::choose);
    return edit;
}

QLayout *EventsPage::makeFilters()
{
    auto *row = new QHBoxLayout;
    row->addWidget(new PlainLabel(tr("Only of:")));
    for (QLineEdit *edit : {m_user, m_channel, m_workspace})
        row->addWidget(edit, 1);
    return row;
}

void EventsPage::choose()
{
    m_chosen.stop();
    EventChoice choice;
    for (const auto &[kind, toggle] : std::as_const(m_kinds)) {
        if (toggle->isChecked())
            choice.kinds.insert(kind);
    }
    choice.user = m_user->text().trimmed();
    choice.channel = m_channel->text().trimmed();
    choice.workspace = m_workspace->text().trimmed();
    m_events.choose(choice);
}

void EventsPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_events.setActive(true);
}

/// What nobody looks at costs the daemon nothing.
void EventsPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_events.setActive(false);
}

void EventsPage::refresh()
{
    const qint64 waiting = m_events.waiting();
    m_pause->setText(!m_events.isPaused() ? tr("&Pause")
                         : waiting > 0    ? tr("Go &on (%1 wait)").arg(numberText(waiting))
                                          : tr("Go &on"));
    QString count = tr("%1 events, the newest first").arg(numberText(m_events.events()));
    if (m_events.skipped() > 0)
        count += tr("; %1 more were left out because there were too many a second")
                     .arg(numberText(m_events.skipped()));
    m_count->setText(count);
    m_table->setEmptyText(
        !m_events.problem().isEmpty() ? m_events.problem()
            : m_events.isPaused()
            ? tr("Paused.")
            : tr("Nothing has happened yet. Changes of statuses, who comes and goes, typing and "
                 "what operators do appear here as they happen."));
}

} // namespace presence::dashboard
