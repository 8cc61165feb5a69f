// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/overviewtopic.h"

#include "server/admin/history.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/json.h"

#include <QPointer>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::KeySpace;

static constexpr auto kInterval = 1000ms;
/// Records that are read at a time: some may have come while this node could not read.
static constexpr int kNewest = 6;

OverviewTopic::OverviewTopic(bus::EventBus &bus, const rules::Store &store,
                             const archive::Archive *archive, QByteArray nodeName,
                             QByteArray version)
    : Topic(bus, nameOf(), {}), m_store(store), m_archive(archive), m_nodeName(std::move(nodeName)),
      m_version(std::move(version)), m_reader(store)
{
    connect(&m_timer, &QTimer::timeout, this, &OverviewTopic::tick);
    m_timer.start(kInterval);
    tick();
}

/// All that look, at whichever node, have the same records.
void OverviewTopic::readRecords(int count)
{
    m_reader.readHistory(count, [self = QPointer(this), count](const auto &records) {
        if (!self)
            return;
        if (records && !self->takeRecords(*records, count))
            return;
        // Without Redis there is still something to say: that it is away.
        self->setReady();
    });
}

/// False when some were missed, and all are read.
bool OverviewTopic::takeRecords(const QByteArrayList &records, int count)
{
    const QByteArray last = m_records.isEmpty() ? QByteArray() : m_records.last();
    const qsizetype known = m_records.isEmpty() ? -1 : records.lastIndexOf(last);
    const bool isAll = records.size() < count || count == kHistoryLength;
    if (known < 0 && !records.isEmpty() && !isAll) {
        readRecords(kHistoryLength);
        return false;
    }
    if (known < 0)
        m_records.clear();
    for (const QByteArray &figures : records.mid(known + 1)) {
        m_records.append(figures);
        if (isReady())
            broadcast("record", figures);
    }
    while (m_records.size() > kHistoryLength)
        m_records.removeFirst();
    return true;
}

void OverviewTopic::sendSnapshot(hub::Receiver &receiver)
{
    receiver.subscribed(*this,
                        "{\"node\":\"" + m_nodeName + "\",\"version\":\"" + m_version
                            + "\",\"history\":[" + m_records.join(',') + "]}");
}

void OverviewTopic::tick()
{
    if (!m_store.redis.isReady()) {
        setReady();
        return broadcast("overview", protocol::toBytes(protocol::toJson(Overview())), "now");
    }
    // One that waits for Redis is enough.
    if (std::exchange(m_isReading, true))
        return;
    readRecords(kNewest);
    m_reader.read([self = QPointer(this)](const Overview &overview) {
        if (self)
            self->take(overview);
    });
}

void OverviewTopic::take(Overview overview)
{
    m_isReading = false;
    if (m_archive) {
        const archive::ArchiveState state = m_archive->state();
        overview.archive
            = ArchiveFigures{.isAvailable = state.isAvailable,
                             .waiting = state.lag.entries,
                             .lag = std::chrono::ceil<std::chrono::seconds>(state.lag.age)};
    }
    broadcast("overview", protocol::toBytes(protocol::toJson(overview)), "now");
}

} // namespace presence::admin
