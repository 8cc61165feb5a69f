// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/subscription.h"

#include "server/redis/cluster/slotmap.h"
#include "server/redis/command.h"

#include <QPointer>

#include <algorithm>

namespace presence::redis {

using namespace Qt::StringLiterals;

// One command holds up the server for as long as it takes; a thousand channels are 0.5 ms.
static constexpr qsizetype kChannelsPerCommand = 1000;
// Two, because an answer may wait behind the tick when the loop was held up.
static constexpr int kSilentTicks = 2;

Subscription::Subscription(const Deployment &deployment, Kind kind, Batching batching)
    : m_deployment(deployment), m_kind(kind), m_batching(batching)
{
    m_tick.setInterval(deployment.server.commandTimeout / kSilentTicks);
    connect(&m_tick, &QTimer::timeout, this, &Subscription::onTick);
    use(makeLink());
}

std::unique_ptr<Link> Subscription::makeLink()
{
    const auto self = std::make_shared<Link *>(nullptr);
    auto link = std::make_unique<Link>(makeLocator(m_deployment), [this, self](const Reply &reply) {
        // m_next was asked nothing.
        if (*self != m_link.get())
            (*self)->drop(u"a reply that nobody asked for"_s);
        else
            onReply(reply);
    });
    *self = link.get();
    return link;
}

void Subscription::use(std::unique_ptr<Link> link)
{
    link->disconnect(this);
    m_link = std::move(link);
    connect(m_link.get(), &Link::ready, this, &Subscription::onReady);
    connect(m_link.get(), &Link::lost, this, &Subscription::onLost);
    connect(m_link.get(), &Link::failed, this, &Subscription::failed);
}

void Subscription::subscribe(const QByteArray &channel)
{
    m_wanted.insert(channel);
    change(channel);
}

void Subscription::unsubscribe(const QByteArray &channel)
{
    if (m_wanted.remove(channel))
        change(channel);
}

void Subscription::lookAgain()
{
    if (isReady())
        m_link->drop(u"is left for another connection"_s, std::chrono::milliseconds(0));
}

void Subscription::renew()
{
    // One that is not connected uses the new credentials anyway.
    if (!isReady())
        return m_link->hurry();
    m_next = makeLink();
    connect(m_next.get(), &Link::ready, this, &Subscription::useNext, Qt::QueuedConnection);
}

/// What is published until all is subscribed to again is gone, as after any loss.
void Subscription::useNext()
{
    // It may have broken meanwhile, and connects again.
    if (!m_next || !m_next->isReady())
        return;
    const QPointer<Subscription> self(this);
    m_link->disconnect(this);
    if (isReady())
        onLost();
    if (!self)
        return;
    use(std::move(m_next));
    onReady();
}

void Subscription::change(const QByteArray &channel)
{
    if (!isReady())
        return; // becoming ready subscribes to all that is wanted then
    m_changed.insert(channel);
    if (!std::exchange(m_flushScheduled, true))
        QMetaObject::invokeMethod(this, &Subscription::flush, Qt::QueuedConnection);
}

void Subscription::flush()
{
    m_flushScheduled = false;
    const QSet<QByteArray> changed = std::exchange(m_changed, {});
    if (!isReady() || changed.isEmpty())
        return;
    QByteArray out;
    QList<QByteArray> come;
    QList<QByteArray> go;
    for (const QByteArray &channel : changed)
        (m_wanted.contains(channel) ? come : go).append(channel);
    write(come, Request::Kind::Subscribe, out);
    write(go, Request::Kind::Unsubscribe, out);
    m_link->write(out);
}

void Subscription::write(const QList<QByteArray> &channels, Request::Kind kind, QByteArray &out)
{
    const qsizetype most = m_batching == Batching::Any ? kChannelsPerCommand : 1;
    for (qsizetype begin = 0; begin < channels.size(); begin += most) {
        Request request{kind, channels.mid(begin, most)};
        const QByteArray verb
            = kind == Request::Kind::Subscribe ? "SUBSCRIBE"_ba : "UNSUBSCRIBE"_ba;
        Command command{m_kind == Kind::Sharded ? 'S' + verb : verb};
        for (const QByteArray &channel : std::as_const(request.channels))
            command.add(channel);
        command.appendTo(out);
        std::reverse(request.channels.begin(), request.channels.end());
        m_requests.push_back(std::move(request));
    }
}

void Subscription::onReady()
{
    m_changed = m_wanted;
    m_silentTicks = 0;
    m_tick.start();
    flush();
    Q_EMIT ready();
}

void Subscription::onLost()
{
    m_tick.stop();
    m_changed.clear();
    m_requests.clear();
    Q_EMIT lost();
}

void Subscription::onTick()
{
    if (m_silentTicks == kSilentTicks) {
        m_link->drop(u"no answer to PING within %1 ms"_s.arg(m_tick.interval() * kSilentTicks));
        return;
    }
    ++m_silentTicks;
    QByteArray out;
    Command{"PING"_ba}.appendTo(out);
    m_requests.push_back({Request::Kind::Ping});
    m_link->write(out);
}

void Subscription::onReply(const Reply &reply)
{
    m_silentTicks = 0;
    if (reply.isError())
        return onError(reply.bytes());
    // A PONG has two elements, or none while there is no subscription.
    const std::vector<Reply> &parts = reply.elements();
    if (parts.size() != 3)
        return onPong();
    QByteArray kind = parts[0].bytes();
    if (m_kind == Kind::Sharded && kind.startsWith('s'))
        kind.remove(0, 1);
    const QByteArray channel = parts[1].bytes();
    const bool isWanted = m_wanted.contains(channel);
    if (kind == "message") {
        if (isWanted)
            Q_EMIT message(channel, parts[2].bytes());
    } else if (kind == "subscribe") {
        if (answers(Request::Kind::Subscribe, channel) && isWanted)
            Q_EMIT subscribed(channel);
    } else if (kind == "unsubscribe") {
        // Nobody asked for it: the slot has gone to another node.
        if (!answers(Request::Kind::Unsubscribe, channel) && isWanted)
            refuse(channel, kMovedAway.toByteArray());
    }
}

/// Whether this is what the oldest command is waiting for.
bool Subscription::answers(Request::Kind kind, const QByteArray &channel)
{
    if (m_requests.empty())
        return false;
    Request &first = m_requests.front();
    if (first.kind != kind || first.channels.last() != channel)
        return false;
    first.channels.removeLast();
    if (first.channels.isEmpty())
        m_requests.pop_front();
    return true;
}

void Subscription::onPong()
{
    if (!m_requests.empty() && m_requests.front().kind == Request::Kind::Ping)
        m_requests.pop_front();
}

/// A server that refuses even a PING is there, which is all that was asked.
void Subscription::onError(const QByteArray &why)
{
    if (m_requests.empty())
        return;
    const QPointer<Subscription> self(this);
    const Request request = std::move(m_requests.front());
    m_requests.pop_front();
    for (const QByteArray &channel : request.channels) {
        if (self && request.kind == Request::Kind::Subscribe && m_wanted.contains(channel))
            refuse(channel, why);
    }
}

void Subscription::refuse(const QByteArray &channel, const QByteArray &why)
{
    m_wanted.remove(channel);
    Q_EMIT refused(channel, why);
}

} // namespace presence::redis
