// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/indexscan.h"

#include <set>

namespace presence::rules {

using redis::Command;
using redis::KeySpace;
using redis::Reply;

/// Keys that a step looks at.
static constexpr int kPart = 250;

std::vector<IndexScan::Part> IndexScan::parts() const
{
    std::vector<QByteArray> routes;
    if (const redis::SlotMap *map = m_store.redis.slotMap()) {
        // Among so many keys there is one for each master, whatever slots it has.
        constexpr int kTries = 4 * redis::kSlots;
        std::set<redis::Address> found;
        for (int i = 0; i < kTries && found.size() < map->masters().size(); ++i) {
            const QByteArray key = QByteArray::number(i);
            const redis::Address *master = map->masterOf(redis::slotOf(key));
            if (master && found.insert(*master).second)
                routes.push_back(key);
        }
    } else {
        routes.emplace_back("0");
    }
    std::vector<Part> parts;
    for (const QByteArray &route : routes) {
        for (const bool isUsers : {true, false})
            parts.push_back({route, isUsers});
    }
    return parts;
}

void IndexScan::step()
{
    if (m_isBusy)
        return;
    if (m_parts.empty())
        m_parts = parts();
    if (m_parts.empty())
        return;
    m_isBusy = true;
    const Part part = m_parts.back();
    m_store.redis.command(
        part.route,
        {"SCAN", m_cursor, "COUNT", number(kPart), "TYPE", part.isUsers ? "hash" : "zset"},
        [this, isUsers = part.isUsers](Result<Reply> reply) {
            m_isBusy = false;
            take(accepted(std::move(reply)), isUsers);
        });
}

void IndexScan::take(const Result<Reply> &reply, bool isUsers)
{
    if (!reply || reply->elements().size() != 2) {
        m_parts.clear(); // from the beginning
        m_cursor = "0";
        return;
    }
    m_cursor = reply->elements()[0].bytes();
    if (m_cursor == "0")
        m_parts.pop_back();
    std::vector<QByteArray> members;
    for (const Reply &key : reply->elements()[1].elements()) {
        const auto member
            = isUsers ? m_store.keys.userIn(key.bytes()) : m_store.keys.channelIn(key.bytes());
        if (member)
            members.push_back(*member);
    }
    if (!members.empty())
        compare(std::move(members), isUsers);
}

void IndexScan::compare(std::vector<QByteArray> members, bool isUsers)
{
    const QByteArray &index = isUsers ? KeySpace::kUserIndex : KeySpace::kChannelIndex;
    Command command{"ZMSCORE", index};
    for (const QByteArray &member : members)
        command.add(member);
    m_store.redis.command(index, std::move(command),
                          [this, members = std::move(members), isUsers](Result<Reply> reply) {
                              reply = accepted(std::move(reply));
                              if (!reply || reply->elements().size() != members.size())
                                  return;
                              std::vector<QByteArray> missing;
                              for (size_t i = 0; i < members.size(); ++i) {
                                  if (reply->elements()[i].isNil())
                                      missing.push_back(members[i]);
                              }
                              if (!missing.empty())
                                  (isUsers ? m_users : m_channels)(missing);
                          });
}

} // namespace presence::rules
