// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/overviewtopic.h"

#include "server/admin/history.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/json.h"

#include <QPointer>

#include <algorithm>
#include <iterator>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::KeySpace;

static constexpr auto kInterval = 1000ms;
/// Records that are read at a time: some may have come while this node could not read.
static constexpr int kNewest = 6;

OverviewTopic::OverviewTopic(bus::EventBus &bus, const rules::Store &store, VerdictReader &verdicts,
                             QByteArray nodeName, QByteArray version)
    : Topic(bus, nameOf(), {}), m_verdicts(verdicts), m_nodeName(std::move(nodeName)),
      m_version(std::move(version)), m_reader(store),
      m_incidents(store), m_records{{{KeySpace::kFigures, kHistoryLength, "record", {}},
                                     {KeySpace::kDayFigures, kDayLength, "summary", {}}}},
      m_stepsLeft(m_records.size() + m_lists.size())
{
    connect(&m_timer, &QTimer::timeout, this, &OverviewTopic::tick);
    m_timer.start(kInterval);
    tick();
}

/// All that look, at whichever node, have the same records.
void OverviewTopic::readRecords(Records &records, int count)
{
    m_reader.readHistory(records.key, count,
                         [self = QPointer(this), &records, count](const auto &newest) {
                             if (!self)
                                 return;
                             if (newest && !self->takeRecords(records, *newest, count))
                                 return;
                             self->stepped();
                         });
}

/// False when some were missed, and all are read.
bool OverviewTopic::takeRecords(Records &records, const QByteArrayList &newest, int count)
{
    QByteArrayList &known = records.known;
    const qsizetype last = known.isEmpty() ? -1 : newest.lastIndexOf(known.last());
    const bool isAll = newest.size() < count || count == records.length;
    if (last < 0 && !newest.isEmpty() && !isAll) {
        readRecords(records, records.length);
        return false;
    }
    if (last < 0)
        known.clear();
    for (const QByteArray &record : newest.mid(last + 1)) {
        known.append(record);
        if (isReady())
            broadcast(records.event, record);
    }
    while (known.size() > records.length)
        known.removeFirst();
    return true;
}

void OverviewTopic::readIncidents(IncidentList &list)
{
    // What comes twice would be told twice.
    if (std::exchange(list.isReading, true))
        return;
    m_incidents.read(list.of, list.last,
                     [self = QPointer(this), &list](Result<Incidents::Read> read) {
                         if (!self)
                             return;
                         list.isReading = false;
                         if (read)
                             self->takeIncidents(list, *std::move(read));
                         self->stepped();
                     });
}

void OverviewTopic::takeIncidents(IncidentList &list, Incidents::Read read)
{
    list.last = read.last;
    for (Incidents::Entry &entry : read.entries) {
        if (isReady())
            broadcast("incident", entry.incident);
        list.newest.push_back(std::move(entry));
    }
    while (list.newest.size() > kNewestIncidents)
        list.newest.pop_front();
}

/// Of both lists, in the order in which they were written.
QByteArray OverviewTopic::newestIncidents() const
{
    std::vector<Incidents::Entry> merged;
    std::ranges::merge(m_lists[0].newest, m_lists[1].newest, std::back_inserter(merged), {},
                       &Incidents::Entry::at, &Incidents::Entry::at);
    QByteArrayList incidents;
    for (const Incidents::Entry &entry : merged)
        incidents.append(entry.incident);
    return incidents.join(',');
}

/// Without Redis there is still something to say: that it is away.
void OverviewTopic::stepped()
{
    if (m_stepsLeft > 0 && --m_stepsLeft == 0)
        setReady();
}

void OverviewTopic::sendSnapshot(hub::Receiver &receiver)
{
    receiver.subscribed(*this,
                        "{\"node\":\"" + m_nodeName + "\",\"version\":\"" + m_version
                            + "\",\"history\":[" + m_records[0].known.join(',') + "],\"day\":["
                            + m_records[1].known.join(',') + "],\"incidents\":[" + newestIncidents()
                            + "]}");
}

void OverviewTopic::tick()
{
    if (m_verdicts.isAway()) {
        m_stepsLeft = 0;
        setReady();
        return m_verdicts.read([this](const Overview &overview) { tell(overview); });
    }
    // One that waits for Redis is enough.
    if (std::exchange(m_isReading, true))
        return;
    for (Records &records : m_records)
        readRecords(records, kNewest);
    for (IncidentList &list : m_lists)
        readIncidents(list);
    m_verdicts.read([self = QPointer(this)](const Overview &overview) {
        if (!self)
            return;
        self->m_isReading = false;
        self->tell(overview);
    });
}

void OverviewTopic::tell(const Overview &overview)
{
    broadcast("overview", protocol::toBytes(protocol::toJson(overview)), "now");
}

} // namespace presence::admin
