// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/actions.h"
#include "admin/model/userdetailsmodel.h"
#include "admin/view/messagebar.h"
#include "admin/view/statusform.h"
#include "admin/view/tableview.h"
#include "admin/view/timelinestrip.h"

#include <QFormLayout>
#include <QLabel>
#include <QPushButton>

namespace presence::dashboard {

/// Everything that is known of a user, why it is so, and what can be done about it. Hidden while no
/// user is chosen.
class UserPage final : public QWidget
{
    Q_OBJECT
public:
    UserPage(UserDetailsModel &user, Actions &actions, QWidget *parent = nullptr);

    void openUser(const QString &user);

Q_SIGNALS:
    void closed(); ///< by its button

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QLayout *makeHeader();
    QLayout *makeActions();
    QLayout *makeDeviceActions();
    QWidget *makeWhy();
    QWidget *makeFacts();
    QWidget *makeTables();
    QWidget *makeTimeline();
    void showChange(const ChangeRow &change);
    QPushButton *addButton(QLayout *row, const QString &name, const QString &text,
                           void (UserPage::*pressed)());
    QLabel *addFact(const QString &title);

    void setStatus();
    void clearStatus();
    void disconnectDevice();
    void disconnectUser();
    void forgetGhost();
    std::optional<DeviceId> currentDevice() const;

    void refresh();
    void showHeader();
    void showFacts();
    void enableActions();

    UserDetailsModel &m_user;
    Actions &m_actions;
    MessageBar *m_bar;
    StatusForm *m_form;
    QWidget *m_content; ///< all that is about a user
    QLabel *m_sign;
    QLabel *m_name;
    QLabel *m_status;
    QLabel *m_why;
    QFormLayout *m_facts;
    QLabel *m_seen, *m_stored, *m_expiry, *m_lastSeen, *m_workspaces;
    QPushButton *m_set, *m_clear, *m_disconnectDevice, *m_disconnectUser, *m_forget;
    TableView *m_sessions;
    TableView *m_changes;
    TimelineStrip *m_strip;
    QPushButton *m_earlier;
    QLabel *m_empty; ///< stands for the content while there is none
};

} // namespace presence::dashboard
