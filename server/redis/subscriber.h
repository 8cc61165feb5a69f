// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/link.h"

#include <QSet>
#include <QTimer>

namespace presence::redis {

/// A connection of its own for Pub/Sub, and the set of channels it is to be subscribed to.
///
/// Lives on the thread that made it. After a broken connection it subscribes to the whole set
/// again. Messages published in between are gone: whoever keeps state made of messages reads the
/// state anew at every subscribed(). Slots may destroy it. It never counts: two subscribe() of one
/// channel are undone by one unsubscribe().
class Subscriber final : public QObject
{
    Q_OBJECT

public:
    /// The server is pinged twice in Endpoint::commandTimeout, and given up when nothing came for
    /// that long after a PING.
    explicit Subscriber(const Endpoint &endpoint);

    /// Calls within one pass of the event loop share commands; the last one for a channel counts.
    void subscribe(const QByteArray &channel);
    void unsubscribe(const QByteArray &channel);

    bool isReady() const { return m_link.isReady(); }

Q_SIGNALS:
    void ready();
    void lost();

    /// The server has acknowledged: what is published from now on arrives. Once for each
    /// subscribe() that was the last in its pass, and once for each channel after a reconnect.
    void subscribed(const QByteArray &channel);

    /// Never for a channel after its unsubscribe().
    void message(const QByteArray &channel, const QByteArray &payload);

private:
    void change(const QByteArray &channel);
    void flush();
    void onReady();
    void onLost();
    void onReply(const Reply &reply);
    void onTick();

    QSet<QByteArray> m_wanted;
    QSet<QByteArray> m_changed; ///< since the last flush
    bool m_flushScheduled = false;
    int m_silentTicks = 0; ///< PINGs since something came
    QTimer m_tick;
    Link m_link;
};

} // namespace presence::redis
