// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/channelsteps.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;

static Result<ChannelStep> toStep(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() != 3)
        return fail(ErrorCode::Internal, u"unexpected answer of a channel script"_s);
    return ChannelStep{fields[0].toInteger().value_or(0), fields[1].toInteger().value_or(0),
                       fields[2].toInteger().value_or(0)};
}

Callback<ChannelStep> withoutStep(Callback<void> done)
{
    return [done = std::move(done)](Result<ChannelStep> step) {
        if (step)
            done({});
        else
            done(Failure(step.error()));
    };
}

static Result<Roster> toRoster(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() != 3)
        return fail(ErrorCode::Internal, u"unexpected answer of a channel"_s);
    Roster roster{.sequence = fields[0].bytes().toULongLong()};
    const auto &viewers = fields[1].elements();
    for (size_t i = 0; i + 1 < viewers.size(); i += 2)
        roster.metas.insert(UserId(viewers[i].bytes()), viewers[i + 1].bytes());
    for (const Reply &user : fields[2].elements())
        roster.typing.insert(UserId(user.bytes()));
    return roster;
}

std::vector<QByteArray> ChannelSteps::arguments(const ChannelId &channel) const
{
    return {channel.bytes(), number(m_store.config.viewTtl), number(m_store.config.typingTtl),
            m_store.keys.channelEvents(channel), KeySpace::kTyping};
}

void ChannelSteps::run(const redis::Script &script, const ChannelId &channel,
                       std::vector<QByteArray> more, Callback<ChannelStep> done)
{
    std::vector<QByteArray> all = arguments(channel);
    all.insert(all.end(), more.begin(), more.end());
    // In the index first: if the node dies after the script, the sweeper knows of the channel.
    m_store.redis.command(KeySpace::kChannelIndex,
                          {"ZADD", KeySpace::kChannelIndex, "NX", "1", channel.bytes()},
                          [](const auto &) {});
    m_store.redis.eval(script, m_store.keys.channel(channel), std::move(all),
                       [this, channel, done = std::move(done)](Result<Reply> reply) {
                           const auto step = accepted(std::move(reply)).and_then(toStep);
                           if (step)
                               updateIndexes(channel, *step);
                           done(step);
                       });
}

void ChannelSteps::updateIndexes(const ChannelId &channel, const ChannelStep &step)
{
    const QByteArray id = channel.bytes();
    std::vector<Command> commands;
    commands.push_back(step.nextCheck > 0
                           ? Command{"ZADD", KeySpace::kChannelIndex, number(step.nextCheck), id}
                           : Command{"ZREM", KeySpace::kChannelIndex, id});
    commands.push_back(step.typing > 0
                           ? Command{"ZADD", KeySpace::kTypingCounts, number(step.typing), id}
                           : Command{"ZREM", KeySpace::kTypingCounts, id});
    m_store.redis.pipeline(KeySpace::kChannelIndex, std::move(commands), [](const auto &) {});
}

void ChannelSteps::read(const ChannelId &channel, Callback<Roster> done) const
{
    m_store.redis.eval(m_store.scripts.channelRead, m_store.keys.channel(channel),
                       arguments(channel), [done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toRoster));
                       });
}

} // namespace presence::rules
