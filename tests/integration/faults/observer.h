// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/support/asyncclient.h"

#include <QMap>
#include <QStringList>

namespace presence::test {

/// Looks at a workspace whose members only count, and never go: everything else that it is told is
/// a fault.
class Observer
{
public:
    Observer(quint16 port, const QString &workspace);

    bool isThere() const { return m_hasState; }
    bool isClosed() const { return m_client.isClosed(); }
    /// User -> how far it has counted, as was told.
    const QMap<QString, int> &view() const { return m_view; }

    /// Somebody left, or was offline; or a message was lost on the way.
    const QStringList &faults() const { return m_faults; }
    /// Somebody went back in counting. Only a Redis that lost data may cause it.
    int setbacks() const { return m_setbacks; }

private:
    void take(const QString &event, const QJsonObject &payload);
    void join(const QString &user, const QJsonObject &entry);

    QString m_workspace;
    bool m_hasState = false;
    qint64 m_held = -1; ///< sequence
    QMap<QString, int> m_view;
    QStringList m_faults;
    int m_setbacks = 0;
    AsyncClient m_client;
};

} // namespace presence::test
