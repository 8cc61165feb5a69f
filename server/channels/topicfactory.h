// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/caller.h"
#include "server/channels/channel.h"

namespace presence::channels {

/// Whether the caller may join the topic, if it is one.
bool mayJoin(const auth::Caller &caller, const QByteArray &topic);

/// The channel for the topic of a phx_join, or why the caller cannot have it.
Result<std::shared_ptr<Channel>> makeChannel(PhoenixSocket &socket, const protocol::Message &join);

} // namespace presence::channels
