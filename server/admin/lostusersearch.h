// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/incidents.h"
#include "server/admin/sessiontext.h"

#include <QObject>

#include <memory>

namespace presence::admin {

/// Who was connected to a node that is unreachable, and whether they came back: by their sessions,
/// which stay in Redis until they expire. At most 2,000 users are looked at, 250 at a time, so in a
/// large cluster it is a part of them; once when the node is missed, and those who had not come
/// back once more after their sessions have expired. Lives on the main thread.
class LostUserSearch : public QObject
{
    Q_OBJECT
public:
    LostUserSearch(const rules::Store &store, const Incidents &incidents,
                   QObject *parent = nullptr);

    /// `incident`: a NodeUnreachable that was told, with its id. What is found is told as well.
    void search(const IncidentRow &incident);

private:
    struct Case
    {
        IncidentRow incident;
        QByteArray tag;
        QByteArray cursor = "0"; ///< of the users
        std::vector<LostUser> users;
        int examined = 0;
        bool isComplete = false;
        bool hasMissed = false; ///< users whose master is away
        size_t checked = 0; ///< of `users`, the second time
    };
    using CasePtr = std::shared_ptr<Case>;
    using Hash = std::vector<redis::Reply>;

    void scan(const CasePtr &about);
    void readUsers(const CasePtr &about, const std::vector<UserId> &users,
                   const std::function<void(size_t, const Hash &, Milliseconds)> &each,
                   const std::function<void()> &done);
    void endScan(const CasePtr &about);
    void checkAgain(const CasePtr &about);
    std::optional<LostUser> lostUser(const Case &about, const UserId &user, const Hash &hash,
                                     Milliseconds now) const;
    void tell(const Case &about) const;

    const rules::Store &m_store;
    const Incidents &m_incidents;
    NodeNames m_nodes;
};

/// What is told of `users`: how many, and some of them, those who did not come back first.
LostUsers toLostUsers(std::vector<LostUser> users, bool isComplete);

/// What became of `user` by its sessions; nothing if it was not on the node whose sessions have
/// `tag` when that was seen last.
std::optional<LostUser> lostUser(const UserId &user, const std::vector<SessionRow> &sessions,
                                 const QByteArray &tag, Milliseconds seenAt);

} // namespace presence::admin
