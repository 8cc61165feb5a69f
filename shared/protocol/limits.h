// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

#include <chrono>

/// Every size, count and time that a stranger controls, in one place.
/// Sizes are bytes unless the name says otherwise.
namespace presence::limits {

using namespace std::chrono_literals;

// HTTP
inline constexpr qsizetype kMaxRequestTarget = 8 * 1024;
inline constexpr qsizetype kMaxRequestHead = 16 * 1024; ///< request line and all header fields
inline constexpr int kMaxHeaderFields = 100;
inline constexpr qsizetype kMaxRequestBody = 256 * 1024;
inline constexpr auto kRequestDeadline = 10s; ///< from the first byte of a request to its last
inline constexpr auto kKeepAliveIdle = 60s; ///< between two requests on one connection
inline constexpr auto kResponseDeadline = 30s; ///< until the client has taken its answer

// WebSocket
inline constexpr qsizetype kMaxMessage = 64 * 1024; ///< a whole message, all fragments together
inline constexpr int kMaxControlPayload = 125; ///< RFC 6455, 5.5
inline constexpr auto kMessageDeadline = 30s; ///< from the first byte of a message to its last
inline constexpr auto kCloseDeadline = 5s; ///< until the peer answers a close frame
inline constexpr qsizetype kMaxOutbox
    = 4 * 1024 * 1024; ///< unsent bytes before a slow consumer is cut
inline constexpr int kMessagesPerSecond = 50; ///< sustained, a connection
inline constexpr auto kOverloadPatience = 10s; ///< with one that goes on sending more

// Phoenix
inline constexpr int kMaxTopicsPerSocket = 200;
inline constexpr auto kTopicDeadline = 5s; ///< until a join is refused because Redis is away
inline constexpr qsizetype kMaxEarlyBytes
    = 4 * kMaxMessage; ///< of messages that came before their join was answered
inline constexpr qsizetype kMaxRefLength = 64;
inline constexpr qsizetype kMaxEventLength = 128;

// Presence
inline constexpr int kMaxCustomMessage = 140; ///< characters, as a person counts them
inline constexpr qsizetype kMaxCustomMessageBytes = 1000;
inline constexpr qsizetype kMaxEmoji = 64;
inline constexpr auto kMinClearAfter = 1s;
inline constexpr auto kMaxClearAfter = 24h * 30;
inline constexpr std::chrono::seconds kMaxHold = 24h; ///< of a user that an operator disconnects
inline constexpr int kMaxPage = 1000; ///< rows of an online list
inline constexpr int kMaxBulk = 1000; ///< ids of a bulk request
inline constexpr int kMaxWatched = 10'000; ///< users a connection watches
inline constexpr auto kAdminTopicDeadline = 60s; ///< of a join: a large table takes its time
inline constexpr int kMaxFoundChannels = 200; ///< rows of a search
inline constexpr int kMaxViewedChannels = 100; ///< channels a device looks at

/// Messages of a connection at once: all that it may hold, said again after a reconnect, and as
/// much besides.
inline constexpr int kMessageBurst = 2 * (kMaxTopicsPerSocket + kMaxViewedChannels);

} // namespace presence::limits
