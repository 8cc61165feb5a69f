// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/figuresrecorder.h"

#include "server/admin/history.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/json.h"

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
                                  m_reader.read([this](const Overview &now) { record(now); });
                          });
}

void FiguresRecorder::record(const Overview &overview)
{
    if (!overview.redis.isReachable)
        return;
    const auto most = rules::number(kHistoryLength - 1);
    const auto expiry = rules::number(
        std::chrono::duration_cast<std::chrono::seconds>(kHistoryInterval * kHistoryLength));
    m_store.redis.pipeline(
        KeySpace::kFigures,
        {{"LPUSH", KeySpace::kFigures, protocol::toBytes(protocol::toJson(overview.figures))},
         {"LTRIM", KeySpace::kFigures, "0", most},
         {"EXPIRE", KeySpace::kFigures, expiry}},
        [](const auto &) {});
}

} // namespace presence::admin
