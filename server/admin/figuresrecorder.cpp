// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/figuresrecorder.h"

#include "server/admin/history.h"
#include "shared/protocol/adminreader.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/json.h"

#include <algorithm>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::KeySpace;
using redis::Reply;

FiguresRecorder::FiguresRecorder(const rules::Store &store, QByteArray nodeName, QObject *parent)
    : QObject(parent), m_store(store), m_nodeName(std::move(nodeName)), m_reader(store)
{
    connect(&m_timer, &QTimer::timeout, this, &FiguresRecorder::tick);
}

void FiguresRecorder::start()
{
    m_timer.start(kHistoryInterval);
}

void FiguresRecorder::tick()
{
    if (!m_store.redis.isReady())
        return;
    // A little less than the interval: the node that did it last may do it again.
    const QByteArray held = rules::number((kHistoryInterval - 500ms).count());
    m_store.redis.command(KeySpace::kRecorder,
                          {"SET", KeySpace::kRecorder, m_nodeName, "NX", "PX", held},
                          [this](const Result<Reply> &reply) {
                              if (reply && reply->bytes() == "OK")
                                  readLast();
                          });
}

void FiguresRecorder::readLast()
{
    m_reader.readHistory(1, [this](const Result<QByteArrayList> &last) {
        if (!last)
            return;
        m_reader.read([this, last = *last](const Overview &now) {
            if (now.redis.isReachable)
                record(since(last, now.figures));
        });
    });
}

/// What was counted between them, whichever node recorded the last. Where they are too far apart it
/// says nothing of a second: then the rates are those of the last one.
Figures FiguresRecorder::since(const QByteArrayList &last, Figures now)
{
    const auto json = protocol::JsonView::parse(last.value(0));
    if (!json)
        return now;
    const Figures before = protocol::readFigures(*json);
    const std::chrono::duration<double> seconds = now.time - before.time;
    // A version before this one records no totals; and Redis may have lost them.
    const auto isLess
        = [&](qint64 Totals::*counted) { return now.totals.*counted < before.totals.*counted; };
    if (!(*json)["totals"].isObject() || seconds.count() <= 0 || seconds > 3 * kHistoryInterval
        || isLess(&Totals::joins) || isLess(&Totals::events) || isLess(&Totals::deliveries)
        || isLess(&Totals::messages))
        return now;
    const auto rate = [&](qint64 Totals::*counted) {
        return double(now.totals.*counted - before.totals.*counted) / seconds.count();
    };
    now.joins = rate(&Totals::joins);
    now.events = rate(&Totals::events);
    now.deliveries = rate(&Totals::deliveries);
    now.messages = rate(&Totals::messages);
    // A node that is gone has taken its peak with it.
    now.peak.joins = std::max(now.peak.joins, now.joins);
    now.peak.events = std::max(now.peak.events, now.events);
    now.peak.deliveries = std::max(now.peak.deliveries, now.deliveries);
    now.peak.messages = std::max(now.peak.messages, now.messages);
    return now;
}

void FiguresRecorder::record(const Figures &figures)
{
    const auto most = rules::number(kHistoryLength - 1);
    const auto expiry = rules::number(
        std::chrono::duration_cast<std::chrono::seconds>(kHistoryInterval * kHistoryLength));
    m_store.redis.pipeline(
        KeySpace::kFigures,
        {{"LPUSH", KeySpace::kFigures, protocol::toBytes(protocol::toJson(figures))},
         {"LTRIM", KeySpace::kFigures, "0", most},
         {"EXPIRE", KeySpace::kFigures, expiry}},
        [](const auto &) {});
}

} // namespace presence::admin
