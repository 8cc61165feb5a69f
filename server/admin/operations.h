// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/incidents.h"
#include "server/admin/userexplainer.h"
#include "server/presence/presencetracker.h"

namespace presence::admin {

/// Who does something, to whom.
struct AdminRequest
{
    UserId by;
    UserId user;
};

/// When those may come back that an operator has disconnected: with a token that was issued later
/// than `issuedUntil`; with one that does not say when it was, after `unstatedUntil`.
struct SignedOff
{
    qint64 devices = 0; ///< that were there
    std::optional<Milliseconds>
        issuedUntil; ///< both are nothing when Redis went away, or forgot it
    std::optional<Milliseconds> unstatedUntil;
};

/// What operators do to users. Each is logged with who did it and what came of it, and told to
/// other operators, by Pub/Sub and among the incidents. Belongs to one thread.
class Operations
{
public:
    Operations(const rules::Store &store, rules::PresenceTracker &tracker, UserExplainer &users)
        : m_store(store), m_incidents(store), m_tracker(tracker), m_users(users)
    {
    }

    void setStatus(const AdminRequest &request, const StatusChange &change, Callback<void> done);
    void clearStatus(const AdminRequest &request, Callback<void> done);
    void disconnectDevice(const AdminRequest &request, const DeviceId &device,
                          Callback<SignedOff> done);
    /// With all devices. For `hold` no token is accepted that is issued meanwhile.
    void disconnectUser(const AdminRequest &request, std::chrono::seconds hold,
                        Callback<SignedOff> done);
    /// A session that nobody keeps alive is over, and the user is shown where it is. Other sessions
    /// of its device stay; one that is alive is refused.
    void forgetGhost(const AdminRequest &request, const SessionId &session, Callback<void> done);

private:
    void signOff(const AdminRequest &request, const DeviceId &device, qint64 devices,
                 std::chrono::seconds hold, Callback<SignedOff> done);
    template <typename T>
    Callback<T> noting(const AdminRequest &request, const QByteArray &action,
                       const QByteArray &what, Callback<T> done);
    void note(const AdminRequest &request, const QByteArray &action, const QByteArray &what,
              const QString &outcome);

    const rules::Store &m_store;
    Incidents m_incidents;
    rules::PresenceTracker &m_tracker;
    UserExplainer &m_users;
};

} // namespace presence::admin
