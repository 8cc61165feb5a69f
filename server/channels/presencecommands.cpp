// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a client may ask of its PresenceChannel; presencechannel.cpp has the device's life.
#include "server/channels/phoenixsocket.h"
#include "server/channels/presencechannel.h"
#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"
#include "shared/protocol/presencejson.h"
#include "shared/protocol/requests.h"

#include <QJsonArray>

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::Message;
using protocol::MessageHead;

void PresenceChannel::setStatus(const Message &message)
{
    const auto change = protocol::parseStatusChange(message.payload);
    if (!change)
        return replyError(message, change.error());
    const auto &caller = socket().caller();
    if (const auto may = socket().payer().takeChange(user(), caller.isAdmin); !may)
        return replyError(message, may.error());
    // Hidden before the change is sent, shown only after it was accepted.
    const bool hides = change->status && isHidden(*change->status);
    if (hides)
        setHidden(true);
    if (!m_changes)
        m_changes = std::make_unique<Changes>();
    m_changes->hides += hides ? 1 : 0;
    ++m_changes->count;
    socket().services().tracker.setStatus(
        user(), *change,
        [weak = weak_from_this(), message = MessageHead(message),
         hides](const Result<rules::UserTransition> &transition) {
            const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
            if (!self)
                return;
            self->m_changes->hides -= hides ? 1 : 0;
            self->statusSet(message, transition);
            self->sendState(std::exchange(self->m_changes->unsent, {}));
            if (--self->m_changes->count == 0)
                self->m_changes.reset();
        },
        {.by = caller.asActorFor(user()),
         .session = m_device->session.id,
         .device = m_device->session.device});
}

void PresenceChannel::statusSet(const MessageHead &message,
                                const Result<rules::UserTransition> &transition)
{
    if (!transition) {
        readState();
        return replyError(message, transition.error());
    }
    m_device->revision = std::max(m_device->revision, transition->revision);
    setHidden(isHidden(transition->status) || transition->isUnconfirmed);
    reply(message);
}

void PresenceChannel::deviceState(const Message &message)
{
    const auto state = protocol::parseDeviceState(message.payload["state"]);
    if (!state)
        return replyError(message, state.error());
    if (!maySpend(message, limits::Spending::Activity))
        return;
    m_device->session.isIdle = *state;
    announce(replyingAfter(message, [this, state = *state](const Result<void> &result) {
        if (result)
            m_device->session.lastIdle = state;
    }));
    // Once: from now on it is as Redis has it.
    m_device->session.isIdle.reset();
}

Callback<void> PresenceChannel::replyingAfter(const MessageHead &message, Callback<void> note)
{
    return [weak = weak_from_this(), message, note = std::move(note)](const Result<void> &result) {
        const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
        if (!self)
            return;
        note(result);
        if (result)
            self->reply(message);
        else
            self->replyError(message, result.error());
    };
}

std::optional<ChannelId> PresenceChannel::channelOf(const Message &message)
{
    const auto channel
        = protocol::parseId<ChannelId>(message.payload["channel_id"], "channel_id"_L1);
    if (!channel) {
        replyError(message, channel.error());
        return std::nullopt;
    }
    if (!socket().caller().mayEnter(*channel)) {
        replyError(message, {ErrorCode::Forbidden, u"unauthorized"_s});
        return std::nullopt;
    }
    return *channel;
}

void PresenceChannel::typingStart(const Message &message)
{
    const auto channel = channelOf(message);
    if (!channel || !maySpend(message, limits::Spending::Activity))
        return;
    if (m_device->isHidden)
        return reply(message);
    if (m_typing.size() >= limits::kMaxViewedChannels && !m_typing.contains(*channel)) {
        const auto others = std::exchange(m_typing, {});
        for (auto other = others.cbegin(); other != others.cend(); ++other)
            stopTyping(other.key(), other.value(), [](const auto &) {});
    }
    if (!m_typing.contains(*channel))
        m_typing.insert(*channel, {});
    const auto end = Clock::now() + socket().services().typing.typingTtl();
    const auto done
        = replyingAfter(message, [this, channel = *channel, end](const Result<void> &result) {
              const auto typing = m_typing.find(channel);
              if (result && typing != m_typing.end())
                  *typing = end;
          });
    registerChannel(*channel, [this, done, channel = *channel](const Result<void> &result) {
        // It may have hidden, or said stop, meanwhile.
        if (result && m_typing.contains(channel))
            startTyping(channel, done);
        else
            done(result);
    });
}

void PresenceChannel::startTyping(const ChannelId &channel, Callback<void> done)
{
    socket().services().typing.startTyping(user(), m_device->session.id, m_device->revision,
                                           channel, std::move(done));
}

void PresenceChannel::stopTyping(const ChannelId &channel, Clock::time_point end,
                                 Callback<void> done)
{
    socket().services().typing.stopTyping(
        user(), m_device->session.id, channel, end > Clock::now(),
        [weak = weak_from_this(), channel, done = std::move(done)](const Result<void> &result) {
            const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
            if (self && !result)
                self->noteTyping(channel, result.error());
            done(result);
        });
}

void PresenceChannel::noteTyping(const ChannelId &channel, const Error &error)
{
    if (rules::mayBeRetried(error) && m_typing.size() < limits::kMaxViewedChannels
        && !m_typing.contains(channel))
        m_typing.insert(channel, {});
}

void PresenceChannel::typingStop(const Message &message)
{
    const auto channel = channelOf(message);
    if (channel && maySpend(message, limits::Spending::Activity))
        stopTyping(*channel, m_typing.take(*channel), replyingOk(message));
}

void PresenceChannel::joinChannel(const Message &message)
{
    const auto channel = channelOf(message);
    if (!channel || !maySpend(message, limits::Spending::Activity))
        return;
    auto &viewed = m_device->viewed;
    const bool wasViewing = viewed.contains(*channel);
    if (viewed.size() >= limits::kMaxViewedChannels && !wasViewing)
        return replyError(message, {ErrorCode::RateLimited, u"too many channels"_s});
    viewed.insert(*channel);
    if (m_device->isHidden) {
        forgetEntering(*channel);
        return reply(message);
    }
    auto &entering = m_entering[*channel];
    if (!entering)
        entering = std::make_shared<Entering>(Entering{.isViewing = wasViewing});
    ++entering->count;
    const auto done
        = replyingAfter(message, [this, channel = *channel, entering](const Result<void> &result) {
              entered(channel, *entering, result);
          });
    registerChannel(*channel, [this, done, channel = *channel](const Result<void> &result) {
        // It may have hidden, or left, meanwhile.
        if (result && !m_device->isHidden && m_device->viewed.contains(channel))
            viewChannel(channel, done);
        else
            done(result);
    });
}

/// What was not done is not done later either, by heartbeats. What was so before stays so.
void PresenceChannel::entered(const ChannelId &channel, Entering &entering,
                              const Result<void> &result)
{
    entering.isViewing = entering.isViewing || result;
    // Redis may do it all the same.
    if (!entering.isViewing)
        m_device->noteLeft(channel, result.error());
    if (--entering.count > 0 || m_entering.value(channel).get() != &entering)
        return;
    if (!entering.isViewing)
        m_device->viewed.remove(channel);
    forgetEntering(channel);
}

void PresenceChannel::forgetEntering(const ChannelId &channel)
{
    m_entering.remove(channel);
    if (m_entering.isEmpty())
        m_entering = {}; // which holds memory else, for as long as the session lives
}

void PresenceChannel::leaveChannel(const Message &message)
{
    const auto channel = channelOf(message);
    if (!channel || !maySpend(message, limits::Spending::Activity))
        return;
    forgetEntering(*channel);
    const bool wasViewing = m_device->viewed.remove(*channel);
    // Nobody may see that it does something, for as long as it is seen there.
    if (m_device->isHidden)
        return reply(message);
    const bool wasTyping = m_typing.take(*channel) > Clock::now();
    leave(*channel, {.isViewing = wasViewing, .isTyping = wasTyping, .before = m_device->before},
          replyingOk(message));
}

void PresenceChannel::leave(const ChannelId &channel, const rules::ChannelPresence::Doing &doing,
                            Callback<void> done)
{
    socket().services().viewers.leaveChannel(
        user(), m_device->session.id, channel, doing,
        [weak = weak_from_this(), channel, done = std::move(done)](const Result<void> &result) {
            const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
            if (self && !result) {
                self->m_device->noteLeft(channel, result.error());
                self->noteTyping(channel, result.error());
            }
            done(result);
        });
}

bool PresenceChannel::maySpend(const MessageHead &message, limits::Spending what, double cost,
                               limits::Payer::Debt debt)
{
    const auto may = socket().payer().take(what, cost, debt);
    if (!may)
        replyError(message, may.error());
    return may.has_value();
}

/// Of a page; a number may come as a string, too.
static std::optional<QByteArray> boundOf(const Message &message, std::string_view name)
{
    const auto value = message.payload[name];
    return value.isGiven() ? std::optional(value.toText().value_or(QByteArray())) : std::nullopt;
}

void PresenceChannel::getOnlineUsers(const Message &message)
{
    constexpr int kDefaultLimit = 100;
    if (!m_device->session.workspace)
        return replyError(message, {ErrorCode::Invalid, u"joined without a workspace"_s});
    const auto page = protocol::parsePage({.limit = boundOf(message, "limit"),
                                           .offset = boundOf(message, "offset"),
                                           .after = boundOf(message, "after")},
                                          kDefaultLimit);
    if (!page)
        return replyError(message, page.error());
    socket().services().reads.getOnlineUsers(
        socket().payer(), *m_device->session.workspace, *page,
        replying<OnlinePage>(message, [](const OnlinePage &rows) {
            return protocol::toBytes(protocol::toJson(rows));
        }));
}

static QByteArray toUsers(const std::vector<UserPresence> &presences)
{
    return "{\"users\":" + protocol::toBytes(presences) + '}';
}

/// How many a message names, without looking at them.
static double countUsers(const Message &message)
{
    return static_cast<double>(message.payload["user_ids"].size());
}

void PresenceChannel::getPresence(const Message &message)
{
    const auto may = socket().payer().check(limits::Spending::Rows, countUsers(message));
    if (!may)
        return replyError(message, may.error());
    const auto users = protocol::parseUserIds(message.payload, limits::kMaxBulk);
    if (!users)
        return replyError(message, users.error());
    socket().services().reads.getBulkPresence(
        socket().payer(), *users, socket().caller().sight(),
        replying<std::vector<UserPresence>>(message, toUsers));
}

WatchList &PresenceChannel::watchList()
{
    if (!m_watched)
        m_watched = std::make_unique<WatchList>(
            socket().services().hub, socket().services().deadlines, socket().payer(),
            socket().caller().sight(), [this](const hub::Broadcast &update) {
                socket().deliverTo(joinRef(), topic(), protocol::event::kPresenceUpdate, update);
            });
    return *m_watched;
}

void PresenceChannel::watch(const Message &message)
{
    // All tabs of a user say again what they watch: refused is whoever owes for it.
    if (!maySpend(message, limits::Spending::Rows, countUsers(message),
                  limits::Payer::Debt::Allowed))
        return;
    const auto users = protocol::parseUserIds(message.payload, limits::kMaxWatched);
    if (!users)
        return replyError(message, users.error());
    watchList().add(*users, [this, message = MessageHead(message)](const Result<QByteArray> &rows) {
        if (rows)
            reply(message, "{\"users\":" + *rows + "}");
        else
            replyError(message, rows.error());
    });
}

void PresenceChannel::unwatch(const Message &message)
{
    const auto users = protocol::parseUserIds(message.payload, limits::kMaxWatched);
    if (!users)
        return replyError(message, users.error());
    if (m_watched)
        m_watched->remove(*users);
    reply(message);
}

} // namespace presence::channels
