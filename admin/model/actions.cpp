// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/actions.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::JsonView;

Actions::Actions(OverviewModel &overview, QObject *parent) : QObject(parent), m_overview(overview)
{
}

void Actions::run(QByteArrayView event, const QJsonObject &payload, const QString &success)
{
    m_overview.ask(event, payload, [self = QPointer(this), success](const Result<JsonView> &reply) {
        if (!self)
            return;
        if (reply)
            Q_EMIT self->done(success, true);
        else
            Q_EMIT self->done(tr("The action failed. %1").arg(reply.error().detail), false);
    });
}

static QString textIn(const QByteArray &utf8)
{
    return QString::fromUtf8(utf8);
}

void Actions::setStatus(const UserId &user, const StatusChange &change)
{
    const Status status = change.status.value_or(Status::Online); // the form says one
    QJsonObject payload{{"user_id"_L1, user.toString()}, {"status"_L1, toName(status)}};
    if (change.customMessage)
        payload["custom_message"_L1] = textIn(*change.customMessage);
    if (change.emoji)
        payload["emoji"_L1] = textIn(*change.emoji);
    if (change.clearAfter)
        payload["clear_after"_L1] = static_cast<qint64>(change.clearAfter->count());
    run("set_status", payload,
        tr("The status of %1 is %2 now.").arg(user.toString(), statusText(status)));
}

void Actions::clearStatus(const UserId &user)
{
    run("clear_status", {{"user_id"_L1, user.toString()}},
        tr("The status of %1 was cleared.").arg(user.toString()));
}

void Actions::disconnectDevice(const UserId &user, const DeviceId &device)
{
    run("disconnect_device", {{"user_id"_L1, user.toString()}, {"device_id"_L1, device.toString()}},
        tr("The device %1 of %2 was disconnected.").arg(device.toString(), user.toString()));
}

void Actions::disconnectUser(const UserId &user)
{
    run("disconnect_user", {{"user_id"_L1, user.toString()}},
        tr("All devices of %1 were disconnected.").arg(user.toString()));
}

void Actions::forgetGhost(const UserId &user, const DeviceId &device, const SessionId &session)
{
    run("forget_ghost", {{"user_id"_L1, user.toString()}, {"session_id"_L1, session.toString()}},
        tr("The ghost %1 of %2 was forgotten.").arg(device.toString(), user.toString()));
}

} // namespace presence::dashboard
