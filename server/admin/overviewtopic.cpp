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

OverviewTopic::OverviewTopic(bus::EventBus &bus, const rules::Store &store,
                             const archive::Archive *archive, QByteArray nodeName,
                             QByteArray version)
    : Topic(bus, nameOf(), {}), m_store(store), m_archive(archive), m_nodeName(std::move(nodeName)),
      m_version(std::move(version)), m_reader(store)
{
    connect(&m_timer, &QTimer::timeout, this, &OverviewTopic::tick);
    m_timer.start(kInterval);
    readHistory();
    tick();
}

void OverviewTopic::readHistory()
{
    m_reader.readHistory([self = QPointer(this)](const Result<QByteArrayList> &history) {
        if (!self)
            return;
        self->m_hasHistory = history.has_value();
        if (history)
            self->m_history = *history;
        // Without Redis there is still something to say: that it is away.
        self->setReady();
    });
}

void OverviewTopic::sendSnapshot(hub::Receiver &receiver)
{
    receiver.subscribed(*this,
                        "{\"node\":\"" + m_nodeName + "\",\"version\":\"" + m_version
                            + "\",\"history\":[" + m_history.join(',') + "]}");
}

void OverviewTopic::tick()
{
    if (!m_store.redis.isReady())
        return broadcast("overview", protocol::toBytes(protocol::toJson(Overview())), "now");
    // One that waits for Redis is enough.
    if (std::exchange(m_isReading, true))
        return;
    if (!m_hasHistory)
        readHistory();
    m_store.redis.command(KeySpace::kObserved, {"SET", KeySpace::kObserved, "1", "EX", "10"},
                          [](const auto &) {});
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
    if (overview.redis.isReachable)
        keep(overview.figures);
    broadcast("overview", protocol::toBytes(protocol::toJson(overview)), "now");
}

/// For who joins later, as the recorder does.
void OverviewTopic::keep(const Figures &figures)
{
    const auto now = figures.time.time_since_epoch();
    if (now - m_keptAt < kHistoryInterval)
        return;
    m_keptAt = now;
    m_history.append(protocol::toBytes(protocol::toJson(figures)));
    while (m_history.size() > kHistoryLength)
        m_history.removeFirst();
}

} // namespace presence::admin
