// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/faults/observer.h"

#include "tests/support/token.h"

#include <QJsonArray>

namespace presence::test {

using namespace Qt::StringLiterals;

Observer::Observer(quint16 port, const QString &workspace)
    : m_workspace(workspace), m_client(port, tokenFor(u"observer"_s),
                                       [this](const QString &, const QString &event,
                                              const QJsonObject &payload) { take(event, payload); })
{
    m_client.join(u"workspace:"_s + workspace);
}

void Observer::take(const QString &event, const QJsonObject &payload)
{
    if (event == "phx_reply"_L1) {
        if (payload["status"_L1] != "ok"_L1)
            m_faults.append(u"may not look at "_s + m_workspace);
        m_held = payload["response"_L1]["sequence"_L1].toInteger(-1);
    } else if (event == "presence_state"_L1) {
        m_hasState = true;
        for (auto it = payload.begin(); it != payload.end(); ++it)
            join(it.key(), it->toObject());
    } else if (event == "presence_diff"_L1) {
        if (payload["previous"_L1].toInteger() != m_held)
            m_faults.append(u"a hole before %1"_s.arg(payload["sequence"_L1].toInteger()));
        m_held = payload["sequence"_L1].toInteger();
        const QJsonObject joins = payload["joins"_L1].toObject();
        const QJsonObject leaves = payload["leaves"_L1].toObject();
        for (auto it = joins.begin(); it != joins.end(); ++it)
            join(it.key(), it->toObject());
        for (auto it = leaves.begin(); it != leaves.end(); ++it) {
            if (joins.contains(it.key()))
                continue;
            m_faults.append(it.key() + u" has left"_s);
            m_view.remove(it.key());
        }
    } else if (event == "presence_update"_L1 && payload["status"_L1] == "offline"_L1) {
        m_faults.append(payload["user_id"_L1].toString() + u" is offline"_s);
    }
}

void Observer::join(const QString &user, const QJsonObject &entry)
{
    const int now = entry["metas"_L1][0]["custom_message"_L1].toString().toInt();
    m_setbacks += now < m_view.value(user);
    m_view[user] = now;
}

} // namespace presence::test
