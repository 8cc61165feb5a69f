// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/channels/channel.h"

namespace presence::channels {

/// The channel for the topic of a phx_join, or why the caller cannot have it.
Result<std::shared_ptr<Channel>> makeChannel(PhoenixSocket &socket, const protocol::Message &join);

} // namespace presence::channels
