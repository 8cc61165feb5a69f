// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/changesmodel.h"
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
    void readEarlier(); ///< changes before those that Redis has, where MongoDB has them

    const UserId &user() const { return m_user; }
    bool hasDetails() const { return m_hasDetails; } ///< of user()
    const UserDetails &details() const { return m_details; }
    QString problem() const { return m_problem; }
    bool mayHaveEarlier() const { return m_hasDetails && m_mayHaveEarlier && !m_isReading; }
    QString earlierProblem() const { return m_earlierProblem; } ///< why there are none

    /// Why the user is seen as it is, and what comes next: whole sentences.
    QStringList why() const;

    /// All that are known, the newest first; the one that made it what others see, at least.
    const std::vector<ChangeRow> &knownChanges() const { return m_known; }

    SessionsModel &sessions() { return m_sessions; }
    ChangesModel &changes() { return m_changes; }

Q_SIGNALS:
    void changed();

private:
    void takeEarlier(const protocol::JsonView &reply);
    void takeDetails(UserDetails details);
    void showChanges();
    bool lacksOfToday() const;

    OverviewModel &m_overview;
    UserId m_user;
    UserDetails m_details;
    bool m_hasDetails = false;
    QString m_problem;
    std::vector<ChangeRow> m_earlier; ///< newest first
    std::vector<ChangeRow> m_known;
    QString m_next; ///< the after of the next part of them
    bool m_mayHaveEarlier = true;
    bool m_hasAskedEarlier = false;
    bool m_isReading = false;
    QString m_earlierProblem;
    quint64 m_question = 0; ///< number of the last one
    quint64 m_earlierQuestion = 0;
    SessionsModel m_sessions;
    ChangesModel m_changes;
    QTimer m_timer;
};

} // namespace presence::dashboard
