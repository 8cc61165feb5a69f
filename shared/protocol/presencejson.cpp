// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/presencejson.h"

namespace presence::protocol {

using namespace Qt::StringLiterals;

static QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

static qint64 seconds(Timestamp time)
{
    return time.time_since_epoch().count();
}

QJsonObject toBulkRow(const UserPresence &presence)
{
    return {{"user_id"_L1, presence.user.toString()},
            {"status"_L1, toName(presence.status)},
            {"custom_message"_L1, orNull(presence.customMessage)},
            {"emoji"_L1, orNull(presence.emoji)},
            {"last_seen"_L1,
             presence.lastSeen ? QJsonValue(seconds(*presence.lastSeen)) : QJsonValue()}};
}

QJsonObject toJson(const UserPresence &presence)
{
    QJsonArray devices;
    for (const Device &device : presence.devices)
        devices.append(QJsonObject{{"id"_L1, device.id.toString()},
                                   {"timestamp"_L1, seconds(device.lastHeartbeat)}});
    QJsonObject object = toBulkRow(presence);
    object["devices"_L1] = devices;
    return object;
}

QJsonObject toJson(const OnlinePage &page)
{
    QJsonArray users;
    for (const OnlinePage::Row &row : page.rows)
        users.append(QJsonObject{{"id"_L1, row.user.toString()},
                                 {"timestamp"_L1, seconds(row.lastHeartbeat)}});
    return {{"users"_L1, users},
            {"total"_L1, page.total},
            {"limit"_L1, page.limit},
            {"offset"_L1, page.offset}};
}

QJsonObject toJson(const ChannelId &channel, const std::vector<UserId> &users)
{
    QJsonArray ids;
    for (const UserId &user : users)
        ids.append(user.toString());
    return {{"channel_id"_L1, channel.toString()}, {"users"_L1, ids}, {"count"_L1, ids.size()}};
}

} // namespace presence::protocol
