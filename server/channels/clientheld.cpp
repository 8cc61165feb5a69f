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

/// As client_held_status() in resources/lua/user/lib.lua has it.
void holdHiding(rules::Session &session, const bus::ControlEvent &state)
{
    QJsonArray held = QJsonDocument::fromJson(session.clientHeld).array();
    while (held.size() < 5)
        held.append(QString());
    if (held.size() == 5)
        held.append(QString::fromLatin1(kShown));
    const QJsonObject said = QJsonDocument::fromJson(state.json).object();
    held[0] = QString(toName(state.chosen));
    if (const auto message = said["custom_message"_L1]; message.isString())
        held[1] = message;
    if (const auto emoji = said["emoji"_L1]; emoji.isString())
        held[2] = emoji;
    held[3] = QString::number(said["expires_at"_L1].toInteger());
    session.clientHeld = QJsonDocument(held).toJson(QJsonDocument::Compact);
    session.clientHeldAt = state.revision;
}

} // namespace presence::channels
