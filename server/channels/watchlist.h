// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/hub.h"

#include <QHash>

#include <functional>

namespace presence::channels {

/// The users that a client watches. Their changes come to `push` as JSON.
class WatchList final : private hub::Receiver
{
public:
    WatchList(hub::Hub &hub, qsizetype max, std::function<void(const QByteArray &)> push);
    ~WatchList() override;
    Q_DISABLE_COPY_MOVE(WatchList)

    /// False, and nothing is added, when there would be more than `max`.
    bool add(const std::vector<UserId> &users);
    void remove(const std::vector<UserId> &users);

private:
    void deliver(const hub::Broadcast &broadcast) override { m_push(broadcast.payload()); }

    hub::Hub &m_hub;
    qsizetype m_max;
    std::function<void(const QByteArray &)> m_push;
    QHash<UserId, hub::Topic *> m_topics;
};

} // namespace presence::channels
