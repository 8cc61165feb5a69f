// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/link.h"

#include <QSet>
#include <QTimer>

#include <deque>
#include <memory>

namespace presence::redis {

/// A connection of its own for Pub/Sub, of one kind, with one server, and the set of channels it is
/// to be subscribed to there. Inside of a Subscriber.
///
/// After a broken connection it subscribes to the whole set again. Slots may destroy it. It never
/// counts: two subscribe() of one channel are undone by one unsubscribe().
class Subscription final : public QObject
{
    Q_OBJECT
public:
    /// Where several slots are served, those of a command must share one.
    enum class Batching : quint8 { Any, OneSlot };

    /// Sharded Pub/Sub, or the classic one, whose messages reach every server of a cluster.
    enum class Kind : quint8 { Sharded, Classic };

    /// The code of refused() for a channel whose slot the server has migrated.
    static constexpr QByteArrayView kMovedAway = "SUNSUBSCRIBE";

    /// The server is pinged twice in Endpoint::commandTimeout, and given up when nothing came for
    /// that long after a PING.
    Subscription(const Deployment &deployment, Kind kind, Batching batching = Batching::Any);

    /// Calls within one pass of the event loop share commands; the last one for a channel counts.
    void subscribe(const QByteArray &channel);
    void unsubscribe(const QByteArray &channel);

    /// Connects anew, if it is connected: the server is not the one any more.
    void lookAgain();

    /// Connects anew with the credentials that hold now, and subscribes there once it is let in;
    /// until then it stays where it is.
    void renew();

    bool isReady() const { return m_link->isReady(); }
    bool isEmpty() const { return m_wanted.isEmpty(); }

Q_SIGNALS:
    void ready();
    void lost();
    void failed(); ///< an attempt to connect
    /// As those of Subscriber.
    void subscribed(const QByteArray &channel);
    void message(const QByteArray &channel, const QByteArray &payload);
    /// The server does not, or no more, have the channel, which is not wanted here any more.
    void refused(const QByteArray &channel, const QByteArray &why);

private:
    /// A command until it is answered, for each of its channels.
    struct Request
    {
        enum class Kind : quint8 { Subscribe, Unsubscribe, Ping };
        Kind kind = Kind::Ping;
        QList<QByteArray> channels = {}; ///< not answered yet, the next one last
    };

    std::unique_ptr<Link> makeLink();
    void use(std::unique_ptr<Link> link);
    void useNext();
    void change(const QByteArray &channel);
    void flush();
    void write(const QList<QByteArray> &channels, Request::Kind kind, QByteArray &out);
    void onReady();
    void onLost();
    void onReply(const Reply &reply);
    void onPong();
    void onError(const QByteArray &why);
    bool answers(Request::Kind kind, const QByteArray &channel);
    void refuse(const QByteArray &channel, const QByteArray &why);
    void onTick();

    const Deployment m_deployment;
    const Kind m_kind;
    const Batching m_batching;
    QSet<QByteArray> m_wanted;
    QSet<QByteArray> m_changed; ///< since the last flush
    std::deque<Request> m_requests; ///< with the server
    bool m_flushScheduled = false;
    int m_silentTicks = 0; ///< PINGs since something came
    QTimer m_tick;
    std::unique_ptr<Link> m_link;
    std::unique_ptr<Link> m_next; ///< to be used instead of m_link; or null
};

} // namespace presence::redis
