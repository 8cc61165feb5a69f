// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/incidents.h"
#include "server/admin/overviewreader.h"
#include "server/admin/verdictreader.h"
#include "server/hub/topic.h"

#include <QObject>
#include <QTimer>

#include <array>
#include <deque>

namespace presence::admin {

/// `admin:overview`: the cluster each second, as `overview`, and what was recorded of it as it
/// comes: each 10 s a `record`, each two minutes a `summary`, and each `incident`. The snapshot has
/// the records of the last hour and of the last day, and the newest incidents.
class OverviewTopic final : public QObject, public hub::Topic
{
    Q_OBJECT
public:
    OverviewTopic(bus::EventBus &bus, const rules::Store &store, VerdictReader &verdicts,
                  QByteArray nodeName, QByteArray version);

    static QByteArray nameOf() { return "admin:overview"; }

    void subscribed() override { }
    void received(const QByteArray &) override { }

private:
    /// A list of records in Redis, as it is here.
    struct Records
    {
        QByteArray key;
        int length = 0;
        QByteArray event;
        QByteArrayList known; ///< JSON, the oldest first
    };

    struct IncidentList
    {
        Incidents::Of of;
        QByteArray last = {}; ///< as Incidents::Read has it
        bool isReading = false;
        std::deque<Incidents::Entry> newest = {}; ///< the oldest first
    };

    void sendSnapshot(hub::Receiver &receiver) override;
    void tick();
    void readRecords(Records &records, int count);
    bool takeRecords(Records &records, const QByteArrayList &newest, int count);
    void readIncidents(IncidentList &list);
    void takeIncidents(IncidentList &list, Incidents::Read read);
    QByteArray newestIncidents() const;
    void stepped();
    void tell(const Overview &overview);

    VerdictReader &m_verdicts;
    QByteArray m_nodeName;
    QByteArray m_version;
    OverviewReader m_reader;
    Incidents m_incidents;
    bool m_isReading = false;
    std::array<Records, 2> m_records;
    std::array<IncidentList, 2> m_lists{
        {{.of = Incidents::Of::Cluster}, {.of = Incidents::Of::Operators}}};
    size_t m_stepsLeft; ///< until all is known that the snapshot has
    QTimer m_timer;
};

} // namespace presence::admin
