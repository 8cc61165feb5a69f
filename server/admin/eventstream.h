// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/eventfilter.h"
#include "server/admin/publicevents.h"
#include "server/presence/store.h"

#include <QTimer>

#include <functional>
#include <vector>

namespace presence::admin {

/// The events that one operator looks at, a message four times a second; when there are too many,
/// only how many were left out. Belongs to one thread.
class EventStream
{
public:
    /// `push` gets {"events":[…],"skipped":n}. `shard` is the bus of the shard's own topics.
    EventStream(const rules::Store &store, PublicEvents &all, bus::EventBus &shard,
                std::function<void(const QByteArray &)> push);
    ~EventStream();
    Q_DISABLE_COPY_MOVE(EventStream)

    /// `onSubscribed` is called when nothing that matches is missed from then on; not if the stream
    /// ends, or gets another filter, before. ErrorCode::Invalid when nothing is published for other
    /// services and the filter names nobody to listen to: then everything stays as it was.
    Result<void> setFilter(const EventFilter &filter, std::function<void()> onSubscribed);

private:
    using Kind = EventRow::Kind;
    class Source;

    void listen(bus::EventBus &bus, const QByteArray &channel,
                void (EventStream::*read)(const QByteArray &));
    void sourceListens();
    void listenToAll();
    void listenToSome();
    // What each kind of Pub/Sub channel carries:
    void readStatus(const QByteArray &payload) { take(Kind::Status, payload); }
    void readUpdate(const QByteArray &payload) { take(Kind::Workspace, payload); }
    void readTyping(const QByteArray &payload) { take(Kind::Typing, payload); }
    void readCommand(const QByteArray &payload) { take(Kind::Command, payload); }
    void readUser(const QByteArray &payload);
    void readWorkspace(const QByteArray &payload);
    void readViews(const QByteArray &payload);
    void readChannel(const QByteArray &payload);
    void readChannelEvent(const QByteArray &payload, bool withTyping);
    /// `event` is JSON.
    void take(Kind kind, const QByteArray &event);
    void flush();

    const rules::Store &m_store;
    PublicEvents &m_all;
    bus::EventBus &m_shard;
    std::function<void(const QByteArray &)> m_push;
    EventFilter m_filter;
    std::vector<std::unique_ptr<Source>> m_sources;
    std::function<void()> m_onSubscribed; ///< until it is called
    QByteArrayList m_events; ///< since the last message
    int m_skipped = 0;
    QTimer m_window;
};

} // namespace presence::admin
