// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/history.h"
#include "server/admin/incidents.h"
#include "server/admin/overviewreader.h"

#include <QObject>
#include <QTimer>

namespace presence::admin {

/// Keeps the cluster's figures in Redis, each 10 s those of the last hour, and each two minutes
/// those of the last day, so that who opens a dashboard sees how it came to be; and tells of storms
/// that it sees in them. Each node tries each 10 s, one does it. Lives on the main thread.
class FiguresRecorder : public QObject
{
    Q_OBJECT
public:
    FiguresRecorder(const rules::Store &store, QByteArray nodeName, QObject *parent = nullptr);
    void start();

private:
    /// What is recorded already.
    struct Recorded
    {
        std::vector<Figures> newest; ///< the oldest of them first
        std::optional<Figures> oldest; ///< of the hour
        Milliseconds dayTold{}; ///< the end of the last two minutes of the day
    };

    void tick();
    void readLast();
    void record(const Recorded &recorded, const Figures &now);
    void push(const QByteArray &key, const QJsonObject &json, int length,
              std::chrono::milliseconds interval);
    void tellStorm(const Storm &storm);

    const rules::Store &m_store;
    QByteArray m_nodeName;
    OverviewReader m_reader;
    Incidents m_incidents;
    QTimer m_timer;
};

} // namespace presence::admin
