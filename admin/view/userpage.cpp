// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How the page is built; useractions.cpp has what it shows and does.
#include "admin/view/userpage.h"

#include "admin/view/datalabel.h"
#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"

#include <QAction>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QSplitter>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

UserPage::UserPage(UserDetailsModel &user, Actions &actions, QWidget *parent)
    : QWidget(parent), m_user(user), m_actions(actions), m_bar(new MessageBar),
      m_form(new StatusForm), m_content(new QWidget), m_sign(new PlainLabel),
      m_name(new PlainLabel), m_status(new DataLabel), m_why(new DataLabel),
      m_facts(new QFormLayout), m_sessions(new TableView(u"sessions"_s, tr("Devices"))),
      m_changes(new TableView(u"timeline"_s, tr("Timeline"))), m_strip(new TimelineStrip),
      m_earlier(new QPushButton(tr("Show &Earlier Changes"))), m_empty(new PlainLabel)
{
    auto *content = new QVBoxLayout(m_content);
    content->setContentsMargins(0, 0, 0, 0);
    content->addLayout(makeActions());
    content->addWidget(m_form);
    auto *middle = new QHBoxLayout;
    middle->addWidget(makeWhy(), 3);
    middle->addWidget(makeFacts(), 2);
    content->addLayout(middle);
    content->addWidget(makeTables(), 1);

    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 0, 0, 0);
    layout->addLayout(makeHeader());
    layout->addWidget(m_bar);
    layout->addWidget(m_content, 1);
    layout->addWidget(m_empty, 1);
    connect(&user, &UserDetailsModel::changed, this, &UserPage::refresh);
    connect(m_form, &StatusForm::accepted, this,
            [this](const StatusChange &change) { m_actions.setStatus(m_user.user(), change); });
    connect(&actions, &Actions::done, this, [this](const QString &what, bool ok) {
        m_bar->say(ok ? MessageBar::Kind::Done : MessageBar::Kind::Error, what);
        m_user.refresh();
    });
    refresh();
}

QLayout *UserPage::makeHeader()
{
    QFont large = font();
    large.setPointSizeF(font().pointSizeF() * 1.5);
    large.setWeight(QFont::DemiBold);
    m_name->setFont(large);
    for (QLabel *label : {m_name, m_status}) {
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_name->setObjectName(u"userName"_s);
    m_status->setObjectName(u"userStatus"_s);
    auto *close = new QPushButton(tr("Close"));
    close->setObjectName(u"closeUser"_s);
    close->setToolTip(tr("Close the user's details (Esc)"));
    close->setAutoDefault(false);
    setFocusProxy(close); // it is there while the rest is still looked up
    connect(close, &QPushButton::clicked, this, &UserPage::closed);
    auto *texts = new QVBoxLayout;
    texts->setSpacing(kGrid / 2);
    texts->addWidget(m_name);
    texts->addWidget(m_status);
    auto *row = new QHBoxLayout;
    row->setSpacing(kGrid);
    row->addWidget(m_sign);
    row->addLayout(texts, 1);
    row->addWidget(close, 0, Qt::AlignTop);
    return row;
}

QPushButton *UserPage::addButton(QLayout *row, const QString &name, const QString &text,
                                 void (UserPage::*pressed)())
{
    auto *button = new QPushButton(text);
    button->setObjectName(name);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, pressed);
    row->addWidget(button);
    return button;
}

QLayout *UserPage::makeActions()
{
    auto *row = new QHBoxLayout;
    m_set = addButton(row, u"openStatus"_s, tr("Set S&tatus \u2026"), &UserPage::setStatus);
    m_clear = addButton(row, u"clearStatus"_s, tr("C&lear Status \u2026"), &UserPage::clearStatus);
    m_disconnectUser = addButton(row, u"disconnectUser"_s, tr("Disconnect &User \u2026"),
                                 &UserPage::disconnectUser);
    row->addStretch();
    return row;
}

/// Of the one that is chosen in the table.
QLayout *UserPage::makeDeviceActions()
{
    auto *row = new QHBoxLayout;
    row->addWidget(new PlainLabel(m_sessions->accessibleName()), 1);
    m_disconnectDevice = addButton(row, u"disconnectDevice"_s, tr("Dis&connect Device \u2026"),
                                   &UserPage::disconnectDevice);
    m_forget = addButton(row, u"forgetGhost"_s, tr("&Forget Ghost \u2026"), &UserPage::forgetGhost);
    return row;
}

QWidget *UserPage::makeWhy()
{
    m_why->setObjectName(u"why"_s);
    m_why->setWordWrap(true);
    m_why->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_why->setTextFormat(Qt::PlainText);
    m_why->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *box = new QGroupBox(tr("Why"));
    auto *layout = new QVBoxLayout(box);
    layout->addWidget(m_why, 1);
    return box;
}

QLabel *UserPage::addFact(const QString &title)
{
    auto *value = new DataLabel;
    value->setTextFormat(Qt::PlainText);
    value->setWordWrap(true);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_facts->addRow(title, value);
    return value;
}

QWidget *UserPage::makeFacts()
{
    auto *box = new QGroupBox(tr("Facts"));
    box->setLayout(m_facts);
    m_facts->setLabelAlignment(Qt::AlignRight);
    m_seen = addFact(tr("Others see:"));
    m_stored = addFact(tr("Chosen:"));
    m_expiry = addFact(tr("Expires:"));
    m_lastSeen = addFact(tr("Last seen:"));
    m_workspaces = addFact(tr("Workspaces:"));
    return box;
}

QWidget *UserPage::makeTables()
{
    m_sessions->setTable(m_user.sessions());
    m_sessions->setDefaultSorting(0, Qt::AscendingOrder);
    m_sessions->setColumnWidths({20, 11, 14, 14, 18, 12, 10, 12, 20});
    m_sessions->setSelectionMode(QAbstractItemView::SingleSelection);
    m_sessions->setEmptyText(tr("No device is connected. One appears when a client joins "
                                "presence:{user_id}, or sends heartbeats by REST."));
    for (const auto &[text, pressed] :
         {std::pair{tr("Disconnect this &Device \u2026"), &UserPage::disconnectDevice},
          std::pair{tr("&Forget this Ghost \u2026"), &UserPage::forgetGhost}}) {
        auto *action = new QAction(text, this);
        connect(action, &QAction::triggered, this, pressed);
        m_sessions->addRowAction(action);
    }
    connect(m_sessions->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &UserPage::enableActions);
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(makeDeviceActions());
    layout->addWidget(m_sessions, 1);
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(u"userSplitter"_s);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(box);
    splitter->addWidget(makeTimeline());
    splitter->setStretchFactor(1, 1);
    return splitter;
}

QWidget *UserPage::makeTimeline()
{
    m_changes->setTable(m_user.changes());
    m_changes->setDefaultSorting(0, Qt::DescendingOrder);
    m_changes->setColumnWidths({18, 12, 12, 20, 42, 18, 14});
    m_changes->setEmptyText(tr("Nothing has changed lately. What the user, an operator or an "
                               "expiry changes appears here."));
    connect(m_strip, &TimelineStrip::changeChosen, this, &UserPage::showChange);
    m_earlier->setObjectName(u"earlierChanges"_s);
    m_earlier->setAutoDefault(false);
    connect(m_earlier, &QPushButton::clicked, &m_user, &UserDetailsModel::readEarlier);
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(new PlainLabel(m_changes->accessibleName()));
    layout->addWidget(m_strip);
    layout->addWidget(m_changes, 1);
    layout->addWidget(m_earlier, 0, Qt::AlignLeft);
    return box;
}

} // namespace presence::dashboard
