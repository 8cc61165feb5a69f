// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/userpresence.h"

#include <QJsonArray>
#include <QJsonObject>

/// The JSON of presence, the same in REST answers and WebSocket payloads.
namespace presence::protocol {

/// {"user_id","status","custom_message","emoji","last_seen","devices":[{"id","timestamp"}]}
QByteArray toBytes(const UserPresence &presence);

/// A bulk answer: an array of the same without "devices".
QByteArray toBytes(const std::vector<UserPresence> &rows);

/// {"users":[{"id","timestamp"}],"total","limit","offset"}
QJsonObject toJson(const OnlinePage &page);

/// {"channel_id","users":[…],"count"}
QJsonObject toJson(const ChannelId &channel, const UserPage &page);

} // namespace presence::protocol
