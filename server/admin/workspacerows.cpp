// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/workspacerows.h"

#include "server/bus/events.h"
#include "server/redis/replies.h"

#include <QPointer>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::Command;
using redis::Reply;

/// Users of a part: a millisecond of the shard's time.
static constexpr int kRosterPart = 250;
static constexpr auto kTick = 250ms;
static constexpr int kTicksPerNodes = 20; ///< between two looks at the registry
/// Rows whose connections are read in a tick, of those that changed and of all.
static constexpr size_t kMostChanged = 500;
static constexpr int kMostAround = 500;
/// Every row is read once in so many ticks, if kMostAround allows it.
static constexpr qsizetype kRound = 120;
static constexpr auto kWorkspaceRetry = 500ms;

void WorkspaceUser::appendTo(QByteArray &json) const
{
    json += view + ",\"last_heartbeat\":" + QByteArray::number(connected.lastHeartbeat)
        + ",\"devices\":" + QByteArray::number(connected.devices)
        + ",\"idle_devices\":" + QByteArray::number(connected.idleDevices) + ",\"nodes\":[";
    if (!connected.nodes.isEmpty())
        json += '"' + connected.nodes.join("\",\"") + '"';
    json += ']';
}

WorkspaceRows::WorkspaceRows(bus::EventBus &bus, const rules::Store &store,
                             const WorkspaceId &workspace)
    : RowsTopic(bus, nameOf(workspace), store.keys.workspaceEvents(workspace)), m_store(store),
      m_workspace(workspace), m_nodes(store)
{
    connect(&m_timer, &QTimer::timeout, this, &WorkspaceRows::tick);
    m_timer.start(kTick);
}

void WorkspaceRows::subscribed()
{
    m_sequence = 0;
    start();
}

void WorkspaceRows::start()
{
    ++m_scan;
    m_isScanning = true;
    m_found.clear();
    m_touched.clear();
    m_nodes.refresh([self = QPointer(this), number = m_scan] {
        if (self && self->m_scan == number)
            self->scan("0");
    });
}

void WorkspaceRows::scan(const QByteArray &cursor)
{
    const QByteArray key = m_store.keys.workspace(m_workspace).roster;
    auto done = [self = QPointer(this), number = m_scan](const Result<Reply> &reply) {
        if (self && self->m_scan == number)
            self->scanned(reply);
    };
    // Right after a loss an empty workspace means nothing.
    m_store.guard<Reply>(std::move(done), [this, key, cursor](Callback<Reply> guarded) {
        m_store.redis.command(key, {"HSCAN", key, cursor, "COUNT", QByteArray::number(kRosterPart)},
                              [guarded = std::move(guarded)](Result<Reply> reply) {
                                  guarded(rules::accepted(std::move(reply)));
                              });
    });
}

void WorkspaceRows::scanned(const Result<Reply> &reply)
{
    const auto part = reply ? redis::readScan(*reply) : std::nullopt;
    if (!part)
        return startAgain();
    Users users;
    for (const auto &[name, meta] : part->pairs) {
        const UserId user(name.bytes());
        if (user.bytes().startsWith('#'))
            continue;
        m_found.insert(user);
        if (!m_touched.contains(user))
            put(user, meta.bytes(), Source::Read);
        users.push_back(user);
    }
    readConnections(std::move(users), [this, cursor = part->cursor, number = m_scan] {
        if (m_scan != number)
            return;
        if (cursor.isEmpty())
            finish();
        else
            scan(cursor);
    });
}

void WorkspaceRows::finish()
{
    m_isScanning = false;
    m_rows.removeIf([this](const QByteArray &id) {
        const UserId user(id);
        return !m_found.contains(user) && !m_touched.contains(user);
    });
    m_found.clear();
    m_touched.clear();
    if (!isReady())
        m_rows.forgetChanges();
    noteChange();
    setReady();
}

void WorkspaceRows::startAgain()
{
    const quint64 number = ++m_scan;
    QTimer::singleShot(kWorkspaceRetry, this, [this, number] {
        if (m_scan == number)
            start();
    });
}

/// `meta` as resources/lua/workspace/put.lua writes it.
/// An event may be late; what was read is so, even when a failover has taken a change back.
void WorkspaceRows::put(const UserId &user, const QByteArray &meta, Source source)
{
    static constexpr QByteArrayView kRef = "{\"phx_ref\":\"";
    const qsizetype begin = meta.indexOf(",\"status\":");
    if (!meta.startsWith(kRef) || begin < 0)
        return;
    const QByteArrayView ref = QByteArrayView(meta).sliced(kRef.size());
    WorkspaceUser row{.revision = ref.first(ref.indexOf('"')).toLongLong(),
                      .view = meta.sliced(begin).chopped(1)};
    if (const WorkspaceUser *known = m_rows.find(user.bytes())) {
        if (source == Source::Event && known->revision > row.revision)
            return;
        row.connected = known->connected;
    }
    m_rows.set(user.bytes(), std::move(row));
}

void WorkspaceRows::received(const QByteArray &payload)
{
    const auto event = bus::WorkspaceEvent::from(payload);
    if (!event)
        return;
    // Something was missed.
    const bool hasGap = m_sequence > 0 && event->sequence > m_sequence + 1;
    m_sequence = std::max(m_sequence, event->sequence);
    if (hasGap)
        start();
    if (m_isScanning)
        m_touched.insert(event->user);
    if (event->meta.isEmpty()) {
        m_rows.remove(event->user.bytes());
    } else {
        put(event->user, event->meta, Source::Event);
        if (m_changed.size() < kMostChanged)
            m_changed.push_back(event->user);
    }
    noteChange();
}

void WorkspaceRows::readConnections(Users users, std::function<void()> done)
{
    if (users.empty())
        return done();
    const QByteArray route = m_store.redis.routeNear(m_store.keys.userHash(users.front()));
    std::vector<Command> commands{{"TIME"}};
    for (const UserId &user : users)
        commands.push_back({"HGETALL", m_store.keys.userHash(user)});
    m_store.redis.gather(route, std::move(commands),
                         [self = QPointer(this), users = std::move(users),
                          done = std::move(done)](const auto &replies) {
                             if (!self)
                                 return;
                             self->connectionsRead(users, replies);
                             done();
                         });
}

void WorkspaceRows::connectionsRead(const Users &users, const std::vector<Reply> &replies)
{
    const auto now = redis::readTime(replies[0]);
    if (!now)
        return;
    const SessionReading with{m_nodes, m_store.config.presenceTtl,
                              std::chrono::floor<std::chrono::milliseconds>(*now)};
    for (size_t i = 0; i < users.size(); ++i) {
        const WorkspaceUser *known = m_rows.find(users[i].bytes());
        if (!known || !replies[i + 1].isArray())
            continue;
        WorkspaceUser row = *known;
        row.connected = readConnected(replies[i + 1].elements(), with);
        m_rows.set(users[i].bytes(), std::move(row));
    }
    noteChange();
}

QByteArray WorkspaceRows::takeChanges()
{
    return m_rows.hasChanges() ? m_rows.takeChanges(kMostChanges) : QByteArray();
}

void WorkspaceRows::tick()
{
    if (++m_ticks % kTicksPerNodes == 0)
        m_nodes.refresh([] {});
    const QByteArray route = m_store.redis.routeNear(redis::KeySpace::kNodes);
    if (m_isScanning || !m_store.redis.isReadyFor(route))
        return;
    readConnections(std::exchange(m_changed, {}), [] {});
    readAround();
}

/// The next rows by id, from the first again after the last.
void WorkspaceRows::readAround()
{
    const auto most = std::clamp<qsizetype>(m_rows.size() / kRound, 1, kMostAround);
    Users users;
    for (qsizetype i = 0; i < most; ++i) {
        const auto *next = m_rows.next(m_position);
        m_position = next ? next->first : QByteArray();
        if (!next)
            break;
        users.emplace_back(next->first);
    }
    readConnections(std::move(users), [] {});
}

} // namespace presence::admin
