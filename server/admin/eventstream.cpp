// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/eventstream.h"

#include "server/bus/events.h"

#include <QDateTime>

#include <algorithm>

namespace presence::admin {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::KeySpace;

static constexpr auto kEventWindow = 250ms;
static constexpr qsizetype kMostInWindow = 125; ///< events

/// One Pub/Sub channel that is listened to.
class EventStream::Source final : public bus::EventListener
{
public:
    using Read = void (EventStream::*)(const QByteArray &);

    Source(EventStream &stream, bus::EventBus &bus, QByteArray channel, Read read)
        : m_stream(stream), m_bus(bus), m_channel(std::move(channel)), m_read(read)
    {
        m_bus.listen(m_channel, *this);
    }
    ~Source() override { m_bus.ignore(m_channel, *this); }
    Q_DISABLE_COPY_MOVE(Source)

    bool isSubscribed() const { return m_isSubscribed; }

    void subscribed() override
    {
        m_isSubscribed = true;
        m_stream.sourceListens();
    }
    void received(const QByteArray &payload) override { (m_stream.*m_read)(payload); }

private:
    EventStream &m_stream;
    bus::EventBus &m_bus;
    QByteArray m_channel;
    Read m_read;
    bool m_isSubscribed = false;
};

EventStream::EventStream(const rules::Store &store, PublicEvents &all, bus::EventBus &shard,
                         std::function<void(const QByteArray &)> push)
    : m_store(store), m_all(all), m_shard(shard), m_push(std::move(push))
{
    m_window.setSingleShot(true);
    m_window.setInterval(kEventWindow);
    QObject::connect(&m_window, &QTimer::timeout, &m_window, [this] { flush(); });
}

EventStream::~EventStream() = default;

Result<void> EventStream::setFilter(const EventFilter &filter, std::function<void()> onSubscribed)
{
    const bool hasPlace = filter.user || filter.channel || filter.workspace;
    if (!m_store.config.publishes && !hasPlace)
        return fail(ErrorCode::Invalid, u"filter needed"_s, u"user_id"_s);
    m_filter = filter;
    m_onSubscribed = std::move(onSubscribed);
    // The new ones first: what is listened to still need not be subscribed to again.
    const auto old = std::exchange(m_sources, {});
    if (m_store.config.publishes)
        listenToAll();
    else
        listenToSome();
    if (m_filter.wants(Kind::Command))
        listen(m_all.bus(), KeySpace::kCommands, &EventStream::readCommand);
    sourceListens(); // to nothing at all, perhaps
    return {};
}

void EventStream::sourceListens()
{
    const bool all = std::ranges::all_of(m_sources, &Source::isSubscribed);
    if (all && m_onSubscribed)
        std::exchange(m_onSubscribed, nullptr)();
}

void EventStream::listen(bus::EventBus &bus, const QByteArray &channel, Source::Read read)
{
    m_sources.push_back(std::make_unique<Source>(*this, bus, channel, read));
}

void EventStream::listenToAll()
{
    if (m_filter.wants(Kind::Status))
        listen(m_all.bus(), KeySpace::kStatus, &EventStream::readStatus);
    if (m_filter.wants(Kind::Workspace))
        listen(m_all.bus(), KeySpace::kUpdates, &EventStream::readUpdate);
    if (m_filter.wants(Kind::Typing))
        listen(m_all.bus(), KeySpace::kTyping, &EventStream::readTyping);
    if (m_filter.wants(Kind::View) && m_filter.channel)
        listen(m_shard, m_store.keys.channelEvents(*m_filter.channel), &EventStream::readViews);
}

void EventStream::listenToSome()
{
    const auto &keys = m_store.keys;
    if (m_filter.user && m_filter.wants(Kind::Status))
        listen(m_shard, keys.userEvents(*m_filter.user), &EventStream::readUser);
    if (m_filter.workspace && m_filter.wants(Kind::Workspace))
        listen(m_shard, keys.workspaceEvents(*m_filter.workspace), &EventStream::readWorkspace);
    if (m_filter.channel)
        listen(m_shard, keys.channelEvents(*m_filter.channel), &EventStream::readChannel);
}

void EventStream::readUser(const QByteArray &payload)
{
    if (const auto event = bus::UserEvent::from(payload))
        take(Kind::Status, event->json);
}

void EventStream::readWorkspace(const QByteArray &payload)
{
    const auto event = bus::WorkspaceEvent::from(payload);
    if (!event)
        return;
    const qsizetype view = event->meta.indexOf("\"status\":");
    take(Kind::Workspace,
         "{\"user_id\":\"" + event->user.bytes() + "\",\"workspace_id\":\""
             + m_filter.workspace->bytes() + "\","
             + (view < 0 ? "\"status\":\"offline\"}"_ba : event->meta.sliced(view)));
}

void EventStream::readViews(const QByteArray &payload)
{
    readChannelEvent(payload, false);
}

void EventStream::readChannel(const QByteArray &payload)
{
    readChannelEvent(payload, true);
}

void EventStream::readChannelEvent(const QByteArray &payload, bool withTyping)
{
    const auto event = bus::ChannelEvent::from(payload);
    if (!event)
        return;
    const bool isView = event->kind == bus::ChannelEvent::Kind::View;
    if (!m_filter.wants(isView ? Kind::View : Kind::Typing) || (!isView && !withTyping))
        return;
    const char *action = isView ? (event->meta.isEmpty() ? "leave" : "join")
                                : (event->isTyping ? "start" : "stop");
    take(isView ? Kind::View : Kind::Typing,
         "{\"user_id\":\"" + event->user.bytes() + "\",\"channel_id\":\""
             + m_filter.channel->bytes() + "\",\"action\":\"" + action + "\"}");
}

void EventStream::take(Kind kind, const QByteArray &event)
{
    const auto json = protocol::JsonView::parse(event);
    if (!json || !m_filter.matches(*json))
        return;
    if (!m_window.isActive())
        m_window.start();
    if (m_events.size() == kMostInWindow) {
        ++m_skipped;
        return;
    }
    m_events.append("{\"kind\":\"" + QByteArray(toName(kind).data())
                    + "\",\"time\":" + QByteArray::number(QDateTime::currentMSecsSinceEpoch()) + ','
                    + event.sliced(1));
}

void EventStream::flush()
{
    m_push("{\"events\":[" + m_events.join(',') + "],\"skipped\":" + QByteArray::number(m_skipped)
           + '}');
    m_events.clear();
    m_skipped = 0;
}

} // namespace presence::admin
