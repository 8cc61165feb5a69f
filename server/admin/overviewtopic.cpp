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
    m_reader.readHistory(kHistoryLength, [self = QPointer(this)](const auto &history) {
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
    if (m_hasHistory)
        readNews();
    else
        readHistory();
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

/// What was recorded since: all that look, at whichever node, have the same.
void OverviewTopic::readNews()
{
    constexpr int kNewest = 6; // some may have been recorded while this node could not read
    m_reader.readHistory(kNewest, [self = QPointer(this)](const Result<QByteArrayList> &news) {
        if (!self || !news)
            return;
        const QByteArray last = self->m_history.isEmpty() ? QByteArray() : self->m_history.last();
        const qsizetype known = news->lastIndexOf(last);
        if (known < 0 && !last.isEmpty())
            self->m_history.clear(); // another Redis, or it was away for long: this is all there is
        for (const QByteArray &figures : news->mid(known + 1)) {
            self->m_history.append(figures);
            self->broadcast("record", figures);
        }
        while (self->m_history.size() > kHistoryLength)
            self->m_history.removeFirst();
    });
}

} // namespace presence::admin
