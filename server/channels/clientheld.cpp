// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/clientheld.h"

#include "shared/model/status.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace presence::channels {

using namespace Qt::StringLiterals;

/// What others see, for all that is known here: they were not told.
static constexpr char kShown[]
    = R"("status":"online","custom_message":null,"emoji":null,"expires_at":null,"kinds":[])";

/// A text that was left as it was is not known.
static void put(QJsonArray &held, qsizetype at, const QJsonValue &said)
{
    if (said.isString())
        held[at] = said;
}

void holdHiding(rules::Session &session, const bus::ControlEvent &state)
{
    const bool knows = session.clientHeldAt > 0;
    // As client_held_status() in resources/lua/user/lib.lua has it, or restore_heard().
    QJsonArray held
        = QJsonDocument::fromJson(session.clientHeld.sliced(hasHeard(session) ? 1 : 0)).array();
    while (held.size() < 5)
        held.append(knows ? QJsonValue(QString()) : QJsonValue());
    if (knows && held.size() == 5)
        held.append(QString::fromLatin1(kShown));
    const QJsonObject said = QJsonDocument::fromJson(state.json).object();
    held[0] = QString(toName(state.chosen));
    put(held, 1, said["custom_message"_L1]);
    put(held, 2, said["emoji"_L1]);
    held[3] = QString::number(said["expires_at"_L1].toInteger());
    if (!knows)
        held[4] = QString::number(state.revision);
    const QByteArray json = QJsonDocument(held).toJson(QJsonDocument::Compact);
    session.clientHeld = knows ? json : '?' + json;
    session.clientHeldAt = knows ? state.revision : 0;
}

bool hasHeard(const rules::Session &session)
{
    return session.clientHeldAt == 0 && session.clientHeld.startsWith("?[");
}

} // namespace presence::channels
