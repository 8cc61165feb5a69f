// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/channelrows.h"

#include "server/redis/replies.h"
#include "shared/protocol/jsonview.h"

#include <QPointer>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::Reply;

static constexpr auto kChannelRetry = 500ms;
static constexpr auto kTypingInterval = 1000ms;
static constexpr size_t kMostHeld = 1000;

static QByteArray orNull(qint64 time)
{
    return time == 0 ? QByteArray("null") : QByteArray::number(time);
}

void ChannelUser::appendTo(QByteArray &json) const
{
    json += ",\"viewing_since\":" + orNull(viewingSince)
        + ",\"typing_until\":" + orNull(typingUntil);
}

ChannelRows::ChannelRows(bus::EventBus &bus, const rules::Store &store,
                         rules::ChannelPresence &viewers, const ChannelId &channel)
    : RowsTopic(bus, nameOf(channel), store.keys.channelEvents(channel)), m_store(store),
      m_viewers(viewers), m_channel(channel)
{
    connect(&m_typingTimer, &QTimer::timeout, this, &ChannelRows::readTyping);
}

void ChannelRows::subscribed()
{
    m_isOutdated = m_isReading;
    read();
}

void ChannelRows::read()
{
    if (std::exchange(m_isReading, true))
        return;
    m_viewers.readChannel(m_channel, [self = QPointer(this)](const Result<Roster> &roster) {
        if (!self)
            return;
        self->m_isReading = false;
        if (std::exchange(self->m_isOutdated, false))
            self->read();
        else if (roster)
            self->take(*roster);
        else
            QTimer::singleShot(kChannelRetry, self, &ChannelRows::read);
    });
}

/// When the user began to look, from what Phoenix calls a meta.
static qint64 onlineAt(const QByteArray &meta)
{
    const auto view = protocol::JsonView::parse(meta);
    return view ? (*view)["online_at"].toWhole().value_or(0) : 0;
}

void ChannelRows::take(const Roster &roster)
{
    m_sequence = roster.sequence;
    m_rows.removeIf([&roster](const QByteArray &id) {
        return !roster.metas.contains(UserId(id)) && !roster.typing.contains(UserId(id));
    });
    for (auto viewer = roster.metas.begin(); viewer != roster.metas.end(); ++viewer) {
        ChannelUser row = rowOf(viewer.key());
        row.viewingSince = onlineAt(viewer.value());
        put(viewer.key(), row);
    }
    for (const UserId &user :
         roster.typing - QSet<UserId>(roster.metas.keyBegin(), roster.metas.keyEnd())) {
        ChannelUser row = rowOf(user);
        row.viewingSince = 0;
        put(user, row);
    }
    const QSet<UserId> gone = std::exchange(m_typing, {}) - roster.typing;
    for (const UserId &user : gone)
        setTyping(user, 0);
    m_typing = roster.typing;
    for (const bus::ChannelEvent &event : std::exchange(m_held, {})) {
        if (event.sequence > m_sequence)
            apply(event);
    }
    if (!isReady())
        m_rows.forgetChanges();
    noteChange();
    setReady();
    readTyping();
}

void ChannelRows::received(const QByteArray &payload)
{
    const auto event = bus::ChannelEvent::from(payload);
    if (!event)
        return;
    if (m_isReading) {
        if (m_held.size() < kMostHeld)
            m_held.push_back(*event);
        else
            m_isOutdated = true;
    } else if (event->sequence == m_sequence + 1) {
        apply(*event);
    } else if (event->sequence > m_sequence) {
        read();
    }
}

void ChannelRows::apply(const bus::ChannelEvent &event)
{
    m_sequence = event.sequence;
    if (event.kind == bus::ChannelEvent::Kind::View) {
        ChannelUser row = rowOf(event.user);
        row.viewingSince = event.meta.isEmpty() ? 0 : onlineAt(event.meta);
        put(event.user, row);
    } else if (event.isTyping) {
        m_typing.insert(event.user);
        readTyping();
    } else {
        m_typing.remove(event.user);
        setTyping(event.user, 0);
    }
}

ChannelUser ChannelRows::rowOf(const UserId &user) const
{
    const ChannelUser *known = m_rows.find(user.bytes());
    return known ? *known : ChannelUser();
}

void ChannelRows::put(const UserId &user, const ChannelUser &row)
{
    if (row.isGone())
        m_rows.remove(user.bytes());
    else
        m_rows.set(user.bytes(), row);
    noteChange();
}

void ChannelRows::setTyping(const UserId &user, qint64 until)
{
    ChannelUser row = rowOf(user);
    row.typingUntil = until;
    put(user, row);
}

void ChannelRows::readTyping()
{
    if (m_typing.isEmpty())
        return m_typingTimer.stop();
    if (!m_typingTimer.isActive())
        m_typingTimer.start(kTypingInterval);
    const QByteArray key = m_store.keys.channel(m_channel).typingEnds;
    m_store.redis.command(key, {"ZRANGE", key, "0", "-1", "WITHSCORES"},
                          [self = QPointer(this)](Result<Reply> reply) {
                              reply = rules::accepted(std::move(reply));
                              if (self && reply)
                                  self->takeTyping(reply->elements());
                          });
}

void ChannelRows::takeTyping(const std::vector<Reply> &ends)
{
    for (const auto &[name, end] : redis::Pairs(ends)) {
        const UserId user(name.bytes());
        if (m_typing.contains(user))
            setTyping(user, static_cast<qint64>(end.bytes().toDouble()));
    }
}

QByteArray ChannelRows::takeChanges()
{
    return m_rows.hasChanges() ? m_rows.takeChanges(kMostChanges) : QByteArray();
}

} // namespace presence::admin
