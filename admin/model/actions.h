// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"
#include "shared/model/statuschange.h"

namespace presence::dashboard {

/// What an operator does to users. The daemon logs each.
class Actions : public QObject
{
    Q_OBJECT
public:
    explicit Actions(OverviewModel &overview, QObject *parent = nullptr);

    void setStatus(const UserId &user, const StatusChange &change);
    void clearStatus(const UserId &user);
    void disconnectDevice(const UserId &user, const DeviceId &device);
    void disconnectUser(const UserId &user);
    void forgetGhost(const UserId &user, const DeviceId &device, const SessionId &session);

Q_SIGNALS:
    /// What was done, or why not, in words.
    void done(const QString &what, bool ok);

private:
    void run(QByteArrayView event, const QJsonObject &payload, const QString &success);

    OverviewModel &m_overview;
};

} // namespace presence::dashboard
