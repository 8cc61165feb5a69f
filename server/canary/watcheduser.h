// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/hub.h"

#include <functional>

namespace presence::canary {

/// What others see of a user.
struct Seen
{
    bool isOnline = false;
    QByteArray message; ///< custom_message; empty for none
    friend bool operator==(const Seen &, const Seen &) = default;
};

/// Watches one user, as a client that joined `user:{id}`.
class WatchedUser final : private hub::Receiver
{
public:
    WatchedUser(hub::Hub &hub, UserId user, std::function<void(const Seen &)> told);
    ~WatchedUser() override;
    Q_DISABLE_COPY_MOVE(WatchedUser)

    const UserId &user() const { return m_user; }

private:
    void subscribed(const hub::Topic &, const QByteArray &) override { }
    void deliver(const hub::Broadcast &broadcast) override;

    hub::Hub &m_hub;
    UserId m_user;
    std::function<void(const Seen &)> m_told;
    hub::UserTopic &m_topic;
};

} // namespace presence::canary
