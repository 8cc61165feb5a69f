// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/figuresrecorder.h"

#include "shared/protocol/adminreader.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/incidentjson.h"
#include "shared/protocol/json.h"

#include <algorithm>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::KeySpace;
using redis::Reply;

static constexpr char kStorm[] = "storm"; ///< of the incidents' states: until when it is told, ms

FiguresRecorder::FiguresRecorder(const rules::Store &store, QByteArray nodeName, QObject *parent)
    : QObject(parent), m_store(store), m_nodeName(std::move(nodeName)), m_reader(store),
      m_incidents(store)
{
    connect(&m_timer, &QTimer::timeout, this, &FiguresRecorder::tick);
}

void FiguresRecorder::start()
{
    m_timer.start(kHistoryInterval);
}

void FiguresRecorder::tick()
{
    // Without the totals rates would be those of another time.
    if (!m_store.redis.isReadyFor(KeySpace::kFigures)
        || !m_store.redis.isReadyFor(KeySpace::kTotals))
        return;
    const QByteArray recorder = m_store.keys.recorder();
    // A little less than the interval: the node that did it last may do it again.
    const QByteArray held = rules::number((kHistoryInterval - 500ms).count());
    m_store.redis.command(recorder, {"SET", recorder, m_nodeName, "NX", "PX", held},
                          [this](const Result<Reply> &reply) {
                              if (reply && reply->bytes() == "OK")
                                  readLast();
                          });
}

static std::optional<Figures> toFigures(const Reply &text)
{
    const auto json = protocol::JsonView::parse(text.bytes());
    return json ? std::optional(protocol::readFigures(*json)) : std::nullopt;
}

static Milliseconds timeOf(const Reply &text)
{
    const auto json = protocol::JsonView::parse(text.bytes());
    return json ? protocol::readSummary(*json).time : Milliseconds();
}

void FiguresRecorder::readLast()
{
    m_store.redis.gather(KeySpace::kFigures,
                         {{"LRANGE", KeySpace::kFigures, "0", rules::number(kDayReach - 1)},
                          {"LINDEX", KeySpace::kFigures, "-1"},
                          {"LINDEX", KeySpace::kDayFigures, "0"}},
                         [this](const auto &replies) {
                             if (!replies[0].isArray())
                                 return;
                             Recorded recorded;
                             for (const Reply &text : replies[0].elements()) {
                                 if (const auto figures = toFigures(text))
                                     recorded.newest.insert(recorded.newest.begin(), *figures);
                             }
                             recorded.oldest = toFigures(replies[1]);
                             recorded.dayTold = timeOf(replies[2]);
                             Overview last;
                             if (!recorded.newest.empty())
                                 last.figures = recorded.newest.back();
                             m_reader.read(last, [this, recorded](const Overview &now) {
                                 if (now.redis.isReachable)
                                     record(recorded, now.figures);
                             });
                         });
}

void FiguresRecorder::record(const Recorded &recorded, const Figures &now)
{
    const auto &newest = recorded.newest;
    const Figures figures = newest.empty() ? now : since(newest.back(), now);
    push(KeySpace::kFigures, protocol::toJson(figures), kHistoryLength, kHistoryInterval);
    // While its master is away it is not known what was told.
    const auto summary = m_store.redis.isReadyFor(KeySpace::kDayFigures)
        ? daySummary(newest, figures.time, recorded.dayTold)
        : std::nullopt;
    if (summary)
        push(KeySpace::kDayFigures, protocol::toJson(*summary), kDayLength, kDayInterval);
    if (newest.empty() || !recorded.oldest)
        return;
    if (const auto storm = stormIn(*recorded.oldest, newest.back(), figures))
        tellStorm(*storm);
}

void FiguresRecorder::push(const QByteArray &key, const QJsonObject &json, int length,
                           std::chrono::milliseconds interval)
{
    const auto expiry
        = rules::number(std::chrono::duration_cast<std::chrono::seconds>(interval * length));
    m_store.redis.pipeline(key,
                           {{"LPUSH", key, protocol::toBytes(json)},
                            {"LTRIM", key, "0", rules::number(length - 1)},
                            {"EXPIRE", key, expiry}},
                           [](const auto &) {});
}

void FiguresRecorder::tellStorm(const Storm &storm)
{
    m_incidents.readStates([this, storm](const Result<Incidents::Told> &told) {
        if (!told)
            return;
        const QByteArray was = told->states.value(kStorm, "");
        const auto now = told->now.time_since_epoch();
        std::vector<IncidentRow> incidents;
        if (!isStormTold(Milliseconds(std::chrono::milliseconds(was.toLongLong())), told->now))
            incidents.push_back(
                {.kind = IncidentRow::Kind::Storm, .joins = storm.joins, .usual = storm.usual});
        m_incidents.tell({kStorm, was, rules::number((now + kStormPause).count())}, incidents,
                         [](const auto &) {});
    });
}

} // namespace presence::admin
