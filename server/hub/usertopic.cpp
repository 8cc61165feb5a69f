// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/usertopic.h"

namespace presence::hub {

UserTopic::UserTopic(bus::EventBus &bus, const UserId &user, QByteArray channel, Host &host,
                     const Within &within)
    : Topic(bus, nameOf(user), std::move(channel)), m_key(within ? keyOf(user, within) : name()),
      m_host(host)
{
    if (within)
        m_sight = std::make_unique<Sight>(Sight{.within = within});
}

QByteArray UserTopic::keyOf(const UserId &user, const Within &within)
{
    if (!within)
        return nameOf(user);
    QByteArrayList places;
    for (const WorkspaceId &workspace : *within)
        places.append(workspace.bytes());
    std::ranges::sort(places);
    return nameOf(user) + '\n' + places.join(' ');
}

void UserTopic::subscribed()
{
    // An answer that is under way may be older than the subscription.
    m_ticket = 0;
    read();
}

void UserTopic::read()
{
    if (m_ticket != 0)
        return;
    m_hasNews = false;
    m_ticket = m_host.read(*this);
}

bool UserTopic::taken(quint64 ticket, const Result<bus::UserEvent> &seen,
                      std::chrono::milliseconds patience)
{
    if (ticket != m_ticket)
        return true;
    m_ticket = 0;
    if (!seen)
        return false;
    const auto now = std::chrono::steady_clock::now();
    if (seen->revision > 0 || m_newest == 0 || m_hasNews)
        m_unknownSince = {};
    else if (m_unknownSince == decltype(now){})
        m_unknownSince = now;
    if (m_unknownSince != decltype(now){} && now < m_unknownSince + patience)
        return false;
    // A smaller one is the truth as well, when Redis has lost what came after it.
    if (!isReady() || seen->revision > m_newest || !m_hasNews)
        take(this->seen(*seen));
    if (m_sight && m_hasNews)
        read();
    return true;
}

/// For those receivers.
bus::UserEvent UserTopic::seen(const bus::UserEvent &event) const
{
    if (!m_sight || m_sight->includes(user(), event.places))
        return event;
    // Of a user that none of them has ever seen there is no revision either.
    const bool wasSeen = isReady() && m_last.revision > 0;
    const quint64 revision = wasSeen ? event.revision : 0;
    return {revision,
            "{\"user_id\":\"" + user().bytes() + "\"," + kNobody
                + R"(,"last_seen":null,"updated_at":null,"revision":)"
                + QByteArray::number(revision) + '}'};
}

/// What of an event others can see.
static QByteArrayView appearance(QByteArrayView json)
{
    return json.first(std::max<qsizetype>(0, json.lastIndexOf(",\"last_seen\":")));
}

/// Nothing is known of it: it was never there, or was erased.
static bool isBlank(const QByteArray &json)
{
    return json.contains(QByteArray(kNobody) + R"(,"last_seen":null)");
}

void UserTopic::received(const QByteArray &payload)
{
    const auto event = bus::UserEvent::from(payload);
    // One that was erased is not anywhere.
    if (m_sight && (!event || !isBlank(event->json))) {
        m_hasNews = true;
        return read();
    }
    if (!event || event->revision <= m_newest)
        return;
    m_hasNews = true;
    take(*event);
}

void UserTopic::take(const bus::UserEvent &event)
{
    m_newest = event.revision;
    if (!isReady()) {
        m_last = event;
        setReady();
    } else if (m_held) {
        *m_held = event;
    } else if (std::chrono::steady_clock::now() < m_toldAt + m_host.window()) {
        m_held = std::make_unique<bus::UserEvent>(event);
        m_host.flushLater(*this);
    } else {
        tell(event);
    }
}

void UserTopic::flush()
{
    if (const auto held = std::move(m_held))
        tell(*held);
}

void UserTopic::sendSnapshot(Receiver &receiver)
{
    receiver.subscribed(*this, m_last.json);
}

/// Unless receivers know it so already.
void UserTopic::tell(const bus::UserEvent &event)
{
    const bool isSame = appearance(event.json) == appearance(m_last.json)
        && (!isBlank(event.json) || isBlank(m_last.json));
    if (isSame)
        return;
    m_toldAt = std::chrono::steady_clock::now();
    const QByteArray previous = QByteArray::number(m_last.revision);
    m_last = event;
    broadcast(protocol::event::kStatusUpdate,
              event.json.chopped(1) + ",\"previous\":" + previous + '}', name());
}

void UserControlTopic::subscribed()
{
    if (isReady())
        received(bus::ControlEvent::missed().toBytes());
    setReady();
}

void UserControlTopic::received(const QByteArray &payload)
{
    broadcast({}, payload);
}

} // namespace presence::hub
