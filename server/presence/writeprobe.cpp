// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/writeprobe.h"

#include "shared/core/logging.h"

#include <algorithm>

namespace presence::rules {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::Address;
using redis::Client;
using redis::KeySpace;

static constexpr auto kInterval = 1s;
static constexpr int kFailures = 2;

WriteProbe::WriteProbe(const Store &store, RedisState &state, QObject *parent)
    : QObject(parent), m_store(store), m_state(state)
{
    m_timer.setInterval(kInterval);
    connect(&m_timer, &QTimer::timeout, this, &WriteProbe::tick);
}

void WriteProbe::start()
{
    // What there is to say of a connection that has just come is not to wait.
    connect(&m_store.redis, &Client::ready, this, &WriteProbe::tick);
    m_timer.start();
    tick();
}

/// In its braces, so that the keys of a user of that name are on the same slot.
static QByteArray tagOn(const redis::SlotMap &map, const Address &master)
{
    constexpr int kMost = 100'000;
    for (int i = 0; i < kMost; ++i) {
        const QByteArray tag = "probe-" + QByteArray::number(i);
        const Address *owner = map.masterOf(redis::slotOf(tag));
        if (owner && *owner == master)
            return tag;
    }
    return {}; // it has no slot
}

void WriteProbe::followMap(const redis::SlotMap &map)
{
    const auto &masters = map.masters();
    std::erase_if(m_probes, [&masters](const auto &entry) {
        return std::ranges::find(masters, entry.first) == masters.end();
    });
    for (const Address &master : masters) {
        Probe &probe = m_probes[master];
        const Address *owner
            = probe.user.isEmpty() ? nullptr : map.masterOf(redis::slotOf(probe.user));
        if (owner && *owner == master)
            continue;
        probe.master = master;
        probe.user = tagOn(map, master);
        probe.key = KeySpace::kProbe + ":{" + probe.user + '}';
    }
}

void WriteProbe::tick()
{
    if (const redis::SlotMap *map = m_store.redis.slotMap()) {
        followMap(*map);
    } else if (m_probes.empty()) {
        m_probes[{}] = {.master = {}, .key = KeySpace::kProbe, .user = "probe"};
    }
    for (auto &[address, probe] : m_probes) {
        if (!probe.isUnderWay && !probe.user.isEmpty())
            ask(probe);
        else if (probe.isUnderWay && ++probe.ticks >= kFailures)
            note(probe, u"no answer within %1 s"_s.arg(probe.ticks), false);
    }
    publish();
}

/// As changes are made: by a script, by a function, and told to others.
void WriteProbe::ask(Probe &probe)
{
    probe.isUnderWay = true;
    probe.ticks = 0;
    const auto keys = m_store.keys.user(UserId(probe.user)).all();
    const QByteArray ttl = number(m_store.config.presenceTtl);
    m_store.redis.pipeline(
        probe.key,
        {m_store.scripts.nodeProbe.command({probe.key}, {}),
         m_store.scripts.userPublished.command(keys, {probe.user, ttl, "", "", probe.key, "0"}),
         {"SPUBLISH", probe.key, ""}},
        [this, master = probe.master](const Result<Client::Replies> &replies) {
            answered(master, replies);
        });
}

void WriteProbe::answered(const Address &master, const Result<Client::Replies> &replies)
{
    const auto found = m_probes.find(master);
    if (found == m_probes.end())
        return;
    Probe &probe = found->second;
    probe.isUnderWay = false;
    QString error = replies ? QString() : replies.error().detail;
    for (const redis::Reply &reply : replies.value_or(Client::Replies())) {
        if (error.isEmpty() && reply.isError())
            error = QString::fromUtf8(reply.bytes());
    }
    note(probe, error, replies.has_value());
    publish();
}

void WriteProbe::note(Probe &probe, const QString &error, bool isReached)
{
    probe.failures = error.isEmpty() ? 0 : probe.failures + 1;
    const bool isSure = error.isEmpty() || probe.failures >= kFailures || !probe.isTried;
    probe.isTried = true;
    if (!isSure)
        return;
    const QString where
        = probe.master.port == 0 ? u"Redis"_s : u"The master at "_s + probe.master.toString();
    if (!error.isEmpty() && probe.error.isEmpty())
        qCWarning(lcPresence).noquote() << where << "takes no changes:" << error;
    else if (error.isEmpty() && !probe.error.isEmpty())
        qCInfo(lcPresence).noquote() << where << "takes changes again";
    probe.error = error;
    probe.isReached = isReached;
}

void WriteProbe::publish()
{
    std::vector<RedisState::Master> masters;
    for (const auto &[address, probe] : m_probes) {
        if (probe.isTried)
            masters.push_back(
                {address.port == 0 ? m_store.redis.deployment().toString() : address.toString(),
                 probe.error, probe.isReached});
    }
    const redis::SlotMap *map = m_store.redis.slotMap();
    const bool isWhole = !map || map->covered() == redis::kSlots;
    m_state.setMasters(std::move(masters),
                       isWhole ? QString() : u"some slots are served by nobody"_s);
}

} // namespace presence::rules
