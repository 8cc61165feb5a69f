// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/duequeuescan.h"

namespace presence::rules {

using redis::Command;
using redis::KeySpace;
using redis::Reply;

/// Keys that a step looks at, and what lies between two steps at least, however short the
/// sweep interval is.
static constexpr int kPart = 250;
static constexpr std::chrono::milliseconds kPause{100};

DueQueueScan::DueQueueScan(const Store &store, Found users, Found channels)
    : m_store(store), m_users(std::move(users)), m_channels(std::move(channels))
{
    m_next.setSingleShot(true);
    m_next.setTimerType(Qt::PreciseTimer); // not before m_pause is over
    QObject::connect(&m_next, &QTimer::timeout, &m_next, [this] { step(); });
}

void DueQueueScan::step()
{
    if (m_isBusy || !m_pause.hasExpired())
        return;
    if (m_routes.empty())
        m_routes = m_store.redis.routes();
    if (m_routes.empty())
        return;
    m_isBusy = true;
    m_pause.setRemainingTime(kPause);
    m_store.redis.command(m_routes.back(),
                          {"SCAN", m_cursor, "COUNT", number(kPart), "TYPE", "hash"},
                          [this](Result<Reply> reply) {
                              m_isBusy = false;
                              take(accepted(std::move(reply)));
                          });
}

void DueQueueScan::take(const Result<Reply> &reply)
{
    const bool isPart = reply && reply->elements().size() == 2;
    m_cursor = isPart ? reply->elements()[0].bytes() : "0";
    if (m_cursor == "0")
        m_routes.pop_back(); // the next server; one that is away has its turn in the next pass
    const auto isAway = [this](const QByteArray &queue) {
        return !m_store.keys.isOnOneServer() && !m_store.redis.isReadyFor(queue);
    };
    if (isAway(KeySpace::kDueUsers) || isAway(KeySpace::kDueChannels))
        m_next.start(kPause);
    if (!isPart)
        return;
    std::vector<QByteArray> users;
    std::vector<QByteArray> channels;
    for (const Reply &key : reply->elements()[1].elements()) {
        if (const auto user = m_store.keys.userIn(key.bytes()))
            users.push_back(*user);
        else if (const auto channel = m_store.keys.channelIn(key.bytes()))
            channels.push_back(*channel);
    }
    compare(KeySpace::kDueUsers, std::move(users), m_users);
    compare(KeySpace::kDueChannels, std::move(channels), m_channels);
}

void DueQueueScan::compare(const QByteArray &queue, std::vector<QByteArray> members,
                           const Found &found)
{
    if (members.empty())
        return;
    if (!m_store.redis.isReadyFor(queue))
        return found(members);
    Command command{"ZMSCORE", queue};
    for (const QByteArray &member : members)
        command.add(member);
    m_store.redis.command(queue, std::move(command),
                          [members = std::move(members), &found](Result<Reply> reply) {
                              reply = accepted(std::move(reply));
                              if (!reply || reply->elements().size() != members.size())
                                  return;
                              std::vector<QByteArray> missing;
                              for (size_t i = 0; i < members.size(); ++i) {
                                  if (reply->elements()[i].isNil())
                                      missing.push_back(members[i]);
                              }
                              if (!missing.empty())
                                  found(missing);
                          });
}

} // namespace presence::rules
