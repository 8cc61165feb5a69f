// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/canary/watcheduser.h"

#include "shared/model/status.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace presence::canary {

using namespace Qt::StringLiterals;

WatchedUser::WatchedUser(hub::Hub &hub, UserId user, std::function<void(const Seen &)> told)
    : m_hub(hub), m_user(std::move(user)), m_told(std::move(told)),
      m_topic(hub.joinUser(m_user, *this))
{
}

WatchedUser::~WatchedUser()
{
    m_hub.leave(m_topic, *this);
}

void WatchedUser::deliver(const hub::Broadcast &broadcast)
{
    const QJsonObject state = QJsonDocument::fromJson(broadcast.payload()).object();
    m_told({.isOnline = state["status"_L1].toString() != toName(Status::Offline),
            .message = state["custom_message"_L1].toString().toUtf8()});
}

} // namespace presence::canary
