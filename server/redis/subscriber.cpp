// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/subscriber.h"

#include "server/redis/command.h"
#include "shared/core/logging.h"

namespace presence::redis {

using namespace Qt::StringLiterals;

// One command holds up the server for as long as it takes; a thousand channels are 0.5 ms.
static constexpr size_t kChannelsPerCommand = 1000;
// Two, because an answer may wait behind the tick when the loop was held up.
static constexpr int kSilentTicks = 2;

namespace {

// Collects channels into commands of bounded size.
class Batches
{
public:
    Batches(QByteArray name, QByteArray &out) : m_name(std::move(name)), m_out(out) { }

    void add(const QByteArray &channel)
    {
        m_command.add(channel);
        if (m_command.words().size() > kChannelsPerCommand)
            finish();
    }

    void finish()
    {
        if (m_command.words().size() > 1)
            m_command.appendTo(m_out);
        m_command = Command{m_name};
    }

private:
    QByteArray m_name;
    QByteArray &m_out;
    Command m_command{m_name};
};

} // namespace

Subscriber::Subscriber(const Endpoint &endpoint)
    : m_link(endpoint, [this](const Reply &reply) { onReply(reply); })
{
    m_tick.setInterval(endpoint.commandTimeout / kSilentTicks);
    connect(&m_tick, &QTimer::timeout, this, &Subscriber::onTick);
    connect(&m_link, &Link::ready, this, &Subscriber::onReady);
    connect(&m_link, &Link::lost, this, &Subscriber::onLost);
}

void Subscriber::subscribe(const QByteArray &channel)
{
    m_wanted.insert(channel);
    change(channel);
}

void Subscriber::unsubscribe(const QByteArray &channel)
{
    if (m_wanted.remove(channel))
        change(channel);
}

void Subscriber::change(const QByteArray &channel)
{
    if (!isReady())
        return; // becoming ready subscribes to all that is wanted then
    m_changed.insert(channel);
    if (!std::exchange(m_flushScheduled, true))
        QMetaObject::invokeMethod(this, &Subscriber::flush, Qt::QueuedConnection);
}

void Subscriber::flush()
{
    m_flushScheduled = false;
    const QSet<QByteArray> changed = std::exchange(m_changed, {});
    if (!isReady() || changed.isEmpty())
        return;
    QByteArray out;
    Batches subscribe("SUBSCRIBE"_ba, out);
    Batches unsubscribe("UNSUBSCRIBE"_ba, out);
    for (const QByteArray &channel : changed)
        (m_wanted.contains(channel) ? subscribe : unsubscribe).add(channel);
    subscribe.finish();
    unsubscribe.finish();
    m_link.write(out);
}

void Subscriber::onReady()
{
    m_changed = m_wanted;
    m_silentTicks = 0;
    m_tick.start();
    flush();
    Q_EMIT ready();
}

void Subscriber::onLost()
{
    m_tick.stop();
    m_changed.clear();
    Q_EMIT lost();
}

void Subscriber::onTick()
{
    if (m_silentTicks == kSilentTicks) {
        m_link.drop(u"no answer to PING within %1 ms"_s.arg(m_tick.interval() * kSilentTicks));
        return;
    }
    ++m_silentTicks;
    QByteArray out;
    Command{"PING"_ba}.appendTo(out);
    m_link.write(out);
}

void Subscriber::onReply(const Reply &reply)
{
    m_silentTicks = 0;
    if (reply.isError()) {
        qCWarning(lcRedis) << "subscribing was refused:" << reply.bytes();
        return;
    }
    // A PONG has two elements, or none while there is no subscription.
    const std::vector<Reply> &parts = reply.elements();
    if (parts.size() != 3)
        return;
    const QByteArray channel = parts[1].bytes();
    if (!m_wanted.contains(channel))
        return;
    if (parts[0].bytes() == "message")
        Q_EMIT message(channel, parts[2].bytes());
    else if (parts[0].bytes() == "subscribe")
        Q_EMIT subscribed(channel);
}

} // namespace presence::redis
