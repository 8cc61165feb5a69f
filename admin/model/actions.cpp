// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/actions.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::JsonView;

Actions::Actions(OverviewModel &overview, QObject *parent) : QObject(parent), m_overview(overview)
{
}

void Actions::run(QByteArrayView event, const QJsonObject &payload, const Success &success)
{
    m_overview.ask(event, payload, [self = QPointer(this), success](const Result<JsonView> &reply) {
        if (!self)
            return;
        if (reply)
            Q_EMIT self->done(success(*reply), true);
        else
            Q_EMIT self->done(tr("The action failed. %1").arg(reply.error().detail), false);
    });
}

/// Whatever the answer is.
static auto saying(const QString &text)
{
    return [text](const JsonView &) { return text; };
}

/// With what an answer says of the return.
static QString withReturn(const QString &text, const JsonView &answer, std::chrono::seconds hold)
{
    if (const auto times = returnTimes(answer))
        return text + u' ' + returnText(*times);
    return hold > std::chrono::seconds(0) && !knowsHold(answer)
        ? text + u' ' + Actions::tr("This daemon is of an older version, which cannot hold users.")
        : text;
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
        saying(tr("The status of %1 is %2 now.").arg(user.toString(), statusText(status))));
}

void Actions::clearStatus(const UserId &user)
{
    run("clear_status", {{"user_id"_L1, user.toString()}},
        saying(tr("The status of %1 was cleared.").arg(user.toString())));
}

void Actions::disconnectDevice(const UserId &user, const DeviceId &device)
{
    const QString text
        = tr("The device %1 of %2 was disconnected.").arg(device.toString(), user.toString());
    run("disconnect_device", {{"user_id"_L1, user.toString()}, {"device_id"_L1, device.toString()}},
        [text](const JsonView &answer) { return withReturn(text, answer, {}); });
}

static QJsonObject disconnection(const UserId &user, std::chrono::seconds hold)
{
    QJsonObject payload{{"user_id"_L1, user.toString()}};
    if (hold > std::chrono::seconds(0))
        payload["hold"_L1] = static_cast<qint64>(hold.count());
    return payload;
}

void Actions::disconnectUser(const UserId &user, std::chrono::seconds hold)
{
    const QString text = tr("All devices of %1 were disconnected.").arg(user.toString());
    run("disconnect_user", disconnection(user, hold),
        [text, hold](const JsonView &answer) { return withReturn(text, answer, hold); });
}

static QJsonObject ghost(const UserId &user, const SessionId &session)
{
    return {{"user_id"_L1, user.toString()}, {"session_id"_L1, session.toString()}};
}

void Actions::forgetGhost(const UserId &user, const DeviceId &device, const SessionId &session)
{
    run("forget_ghost", ghost(user, session),
        saying(tr("The ghost %1 of %2 was forgotten.").arg(device.toString(), user.toString())));
}

BulkAction *Actions::bulk(BulkAction::What what, std::vector<BulkAction::Item> items)
{
    auto *action = new BulkAction(m_overview, what, std::move(items), this);
    connect(action, &BulkAction::finished, action, &QObject::deleteLater);
    return action;
}

BulkAction *Actions::disconnectUsers(const std::vector<UserId> &users, std::chrono::seconds hold)
{
    std::vector<BulkAction::Item> items;
    items.reserve(users.size());
    for (const UserId &user : users)
        items.push_back({user.toString(), disconnection(user, hold)});
    return bulk(BulkAction::What::DisconnectUsers, std::move(items));
}

BulkAction *Actions::forgetGhosts(const std::vector<GhostId> &ghosts)
{
    std::vector<BulkAction::Item> items;
    items.reserve(ghosts.size());
    for (const GhostId &each : ghosts)
        items.push_back({tr("%1 of %2").arg(each.device.toString(), each.user.toString()),
                         ghost(each.user, each.session)});
    return bulk(BulkAction::What::ForgetGhosts, std::move(items));
}

} // namespace presence::dashboard
