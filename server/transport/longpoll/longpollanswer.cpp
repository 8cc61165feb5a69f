// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/longpoll/longpollanswer.h"

#include "shared/protocol/json.h"

#include <QJsonArray>
#include <QJsonObject>

namespace presence::transport {

using namespace Qt::StringLiterals;

static HttpResponse toResponse(const QJsonObject &object)
{
    HttpResponse response{.body = protocol::toBytes(object)};
    response.headers.add("Content-Type", "application/json; charset=utf-8");
    return response;
}

HttpResponse longPollMessages(LongPollStatus status, const QByteArray &token,
                              const QByteArrayList &messages)
{
    QJsonArray texts;
    for (const QByteArray &message : messages)
        texts.append(QString::fromUtf8(message));
    return toResponse({{"status"_L1, static_cast<int>(status)},
                       {"token"_L1, QString::fromLatin1(token)},
                       {"messages"_L1, texts}});
}

HttpResponse longPollStatus(LongPollStatus status, const QString &reason)
{
    QJsonObject object{{"status"_L1, static_cast<int>(status)}};
    if (!reason.isEmpty())
        object["reason"_L1] = reason;
    return toResponse(object);
}

} // namespace presence::transport
