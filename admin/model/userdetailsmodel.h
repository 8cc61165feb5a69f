// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/sessionsmodel.h"

namespace presence::dashboard {

/// Everything that is known of one user. Asked for each 2 s while active.
class UserDetailsModel : public QObject
{
    Q_OBJECT
public:
    explicit UserDetailsModel(OverviewModel &overview, QObject *parent = nullptr);

    void watch(const UserId &user); ///< empty for none
    void setActive(bool isActive);
    void refresh(); ///< now

    const UserId &user() const { return m_user; }
    bool hasDetails() const { return m_hasDetails; } ///< of user()
    const UserDetails &details() const { return m_details; }
    QString problem() const { return m_problem; }

    /// Why the user is seen as it is, and what comes next: whole sentences.
    QStringList why() const;

    SessionsModel &sessions() { return m_sessions; }
    ChangesModel &changes() { return m_changes; }

Q_SIGNALS:
    void changed();

private:
    OverviewModel &m_overview;
    UserId m_user;
    UserDetails m_details;
    bool m_hasDetails = false;
    QString m_problem;
    quint64 m_question = 0; ///< number of the last one
    SessionsModel m_sessions;
    ChangesModel m_changes;
    QTimer m_timer;
};

} // namespace presence::dashboard
