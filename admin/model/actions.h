// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/bulkaction.h"
#include "shared/model/statuschange.h"

namespace presence::dashboard {

/// A session that may be forgotten.
struct GhostId
{
    UserId user;
    DeviceId device;
    SessionId session;
};

/// What an operator does to users. The daemon logs each.
class Actions : public QObject
{
    Q_OBJECT
public:
    explicit Actions(OverviewModel &overview, QObject *parent = nullptr);

    void setStatus(const UserId &user, const StatusChange &change);
    void clearStatus(const UserId &user);
    void disconnectDevice(const UserId &user, const DeviceId &device);
    /// With all devices, and for `hold` without a way back.
    void disconnectUser(const UserId &user, std::chrono::seconds hold);
    void forgetGhost(const UserId &user, const DeviceId &device, const SessionId &session);

    /// The same for many: to be started. Deletes itself when it has finished.
    BulkAction *disconnectUsers(const std::vector<UserId> &users, std::chrono::seconds hold);
    BulkAction *forgetGhosts(const std::vector<GhostId> &ghosts);

Q_SIGNALS:
    /// What was done, or why not, in words.
    void done(const QString &what, bool ok);

private:
    using Success = std::function<QString(const protocol::JsonView &answer)>;

    void run(QByteArrayView event, const QJsonObject &payload, const Success &success);
    BulkAction *bulk(BulkAction::What what, std::vector<BulkAction::Item> items);

    OverviewModel &m_overview;
};

} // namespace presence::dashboard
