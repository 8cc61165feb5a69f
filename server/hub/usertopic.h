// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/topic.h"

namespace presence::hub {

/// `user:{id}`: the changes that others see of one user, as `status_update`.
class UserTopic final : public Topic
{
public:
    using Topic::Topic;

    void listening() override { }
    void received(const QByteArray &payload) override;

private:
    quint64 m_revision = 0; ///< of the newest change that was sent on
};

/// The line between the connections of one user, on all nodes. Its broadcasts have the bytes of a
/// bus::SelfEvent as payload and go to no client.
class SelfTopic final : public Topic
{
public:
    using Topic::Topic;

    void listening() override { }
    void received(const QByteArray &payload) override;
};

} // namespace presence::hub
