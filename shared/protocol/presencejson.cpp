// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/presencejson.h"

#include "shared/core/decimal.h"
#include "shared/protocol/json.h"

#include <QStringBuilder>

namespace presence::protocol {

using namespace Qt::StringLiterals;

static qint64 seconds(Timestamp time)
{
    return time.time_since_epoch().count();
}

/// The members that every answer has, behind an opening brace.
static void appendRow(QByteArray &json, const UserPresence &presence)
{
    QByteArray storage;
    json += "{\"user_id\":\"" % escaped(presence.user.bytes(), storage) % "\"," % presence.view
        % ",\"last_seen\":";
    json
        += presence.lastSeen ? Decimal(seconds(*presence.lastSeen)).view() : QByteArrayView("null");
}

QByteArray toBytes(const UserPresence &presence)
{
    QByteArray json;
    json.reserve(160 + presence.view.size() + 80 * qsizetype(presence.devices.size()));
    appendRow(json, presence);
    json += ",\"devices\":[";
    for (const Device &device : presence.devices) {
        QByteArray storage;
        json += QByteArrayView(&device == &presence.devices.front() ? "" : ",") % "{\"id\":\""
            % escaped(device.id.bytes(), storage) % "\",\"timestamp\":"
            % Decimal(seconds(device.lastHeartbeat)).view() % '}';
    }
    return json.append("]}");
}

QByteArray toBytes(const std::vector<UserPresence> &rows)
{
    QByteArray json = "["_ba;
    json.reserve(200 * qsizetype(rows.size()) + 2);
    for (const UserPresence &presence : rows) {
        if (json.size() > 1)
            json.append(',');
        appendRow(json, presence);
        json.append('}');
    }
    return json.append(']');
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
            {"offset"_L1, page.offset},
            {"next"_L1, page.next ? QJsonValue(page.next->toString()) : QJsonValue()}};
}

QJsonObject toJson(const ChannelId &channel, const UserPage &page)
{
    QJsonArray ids;
    for (const UserId &user : page.users)
        ids.append(user.toString());
    return {{"channel_id"_L1, channel.toString()},
            {"users"_L1, ids},
            {"count"_L1, page.total},
            {"next"_L1, page.next ? QJsonValue(page.next->toString()) : QJsonValue()}};
}

} // namespace presence::protocol
