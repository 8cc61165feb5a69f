// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/lostusersearch.h"
#include "server/admin/nodechanges.h"

#include <QDeadlineTimer>
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace presence::admin {

/// Tells what happens to nodes and to Redis. One node at a time looks at the others, by a lease;
/// what Redis did each notices. Each incident is told once whoever is first: with a state that
/// changes with it (Incidents). Lives on the main thread.
class IncidentRecorder : public QObject
{
    Q_OBJECT
public:
    IncidentRecorder(const rules::Store &store, QByteArray nodeName, QObject *parent = nullptr);
    void start();
    void drain(); ///< this node drains
    /// This node stops; `done` when Redis knows, or is away.
    void stop(std::function<void()> done);

private:
    void tick();
    void look();
    void tellNode(const NodeChange &change);
    void tellOwn(IncidentKind kind, const std::function<void()> &done);
    void lost();
    void ready();
    void tellOutage();
    void takeMark(const QByteArray &mark);
    void tellEmptied();

    const rules::Store &m_store;
    QByteArray m_nodeName;
    Incidents m_incidents;
    LostUserSearch m_search;
    QTimer m_timer;
    QElapsedTimer m_sinceLoss; ///< of the connection to Redis, while it is away or not told
    std::chrono::milliseconds m_away{0};
    QDeadlineTimer m_settled; ///< until then other nodes are not missed
    QByteArray m_mark; ///< KeySpace::kEpoch as seen last
};

/// Since when Redis was away that was so from `since` to `back`, for whoever was told of an outage
/// that was over at `lastBack`; nothing where it was that one.
std::optional<Milliseconds> untoldOutage(Milliseconds since, Milliseconds back,
                                         Milliseconds lastBack);

} // namespace presence::admin
