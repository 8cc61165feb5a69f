// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/strictjson.h"

#include "shared/protocol/jsonview.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace presence::auth {

/// Members of all objects in a text that is JSON: each has one colon that is not in a string.
static qsizetype countMembers(const QByteArray &json)
{
    qsizetype members = 0;
    bool isString = false;
    for (qsizetype i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (isString && c == '\\')
            ++i;
        else if (c == '"')
            isString = !isString;
        else if (c == ':' && !isString)
            ++members;
    }
    return members;
}

static qsizetype countMembers(const QJsonValue &value)
{
    qsizetype members = 0;
    for (const QJsonValue &element : value.toArray())
        members += countMembers(element);
    const QJsonObject object = value.toObject();
    for (const QJsonValue &member : object)
        members += 1 + countMembers(member);
    return members;
}

std::optional<QJsonObject> toStrictObject(const QByteArray &json)
{
    // Qt is lenient with what is no JSON.
    if (json.startsWith("\xEF\xBB\xBF") || !protocol::JsonView::parse(json))
        return std::nullopt;
    const QJsonObject object = QJsonDocument::fromJson(json).object();
    if (object.isEmpty() || countMembers(QJsonValue(object)) != countMembers(json))
        return std::nullopt;
    return object;
}

} // namespace presence::auth
