// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/channelsteps.h"

#include "server/redis/replies.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;

static Result<ChannelStep> toStep(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() < 3)
        return fail(ErrorCode::Internal, u"unexpected answer of a channel script"_s);
    ChannelStep step{.nextCheck = fields[0].toInteger().value_or(0),
                     .viewers = fields[1].toInteger().value_or(0),
                     .typing = fields[2].toInteger().value_or(0),
                     .missing = {}};
    if (fields.size() > 3) {
        for (const auto &[user, session] : redis::Pairs(fields[3]))
            step.missing.emplace_back(UserId(user.bytes()), SessionId(session.bytes()));
    }
    return step;
}

static Result<Roster> toRoster(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() != 4)
        return fail(ErrorCode::Internal, u"unexpected answer of a channel"_s);
    Roster roster{.sequence = fields[0].bytes().toULongLong(),
                  .since = fields[3].bytes().toULongLong()};
    for (const auto &[user, meta] : redis::Pairs(fields[1]))
        roster.metas.insert(UserId(user.bytes()), meta.bytes());
    for (const Reply &user : fields[2].elements())
        roster.typing.insert(UserId(user.bytes()));
    return roster;
}

std::vector<QByteArray> ChannelSteps::arguments(const ChannelId &channel) const
{
    return {channel.bytes(), number(m_store.config.viewTtl), number(m_store.config.typingTtl),
            m_store.keys.channelEvents(channel), m_store.forOthers(KeySpace::kTyping)};
}

void ChannelSteps::change(const redis::Script &script, const ChannelId &channel,
                          std::vector<QByteArray> more, Callback<ChannelStep> done)
{
    const QByteArray hastened = m_index.hasten(channel.bytes(), Index::Which::New);
    check(script, channel, std::move(more),
          [this, channel, hastened, done = std::move(done)](const Result<ChannelStep> &step) {
              if (step)
                  m_index.note(channel.bytes(), hastened, step->nextCheck);
              done(step);
          });
}

void ChannelSteps::run(const redis::Script &script, const ChannelId &channel,
                       std::vector<QByteArray> more, Callback<ChannelStep> done)
{
    std::vector<QByteArray> all = arguments(channel);
    all.insert(all.end(), more.begin(), more.end());
    m_store.redis.eval(script, m_store.keys.channel(channel).all(), std::move(all),
                       [done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toStep));
                       });
}

void ChannelSteps::check(const redis::Script &script, const ChannelId &channel,
                         std::vector<QByteArray> more, Callback<ChannelStep> done)
{
    run(script, channel, std::move(more),
        [this, channel, done = std::move(done)](const Result<ChannelStep> &step) {
            if (step)
                count(channel, *step);
            done(step);
        });
}

void ChannelSteps::refresh(const redis::Script &script, const ChannelId &channel,
                           std::vector<QByteArray> more, Callback<ChannelStep> done)
{
    run(script, channel, std::move(more),
        [this, channel, done = std::move(done)](const Result<ChannelStep> &step) {
            if (step)
                m_index.note(channel.bytes(), "0"_ba, step->nextCheck);
            done(step);
        });
}

void ChannelSteps::quit(const ChannelId &channel, const UserId &user, qint64 revision, Who who,
                        const std::vector<SessionId> &sessions, Callback<ChannelStep> done)
{
    std::vector<QByteArray> arguments{user.bytes(), number(revision),
                                      who == Who::All ? "all" : "named"};
    for (const SessionId &session : sessions)
        arguments.push_back(session.bytes());
    change(m_store.scripts.channelQuit, channel, std::move(arguments), std::move(done));
}

/// For the metrics.
void ChannelSteps::count(const ChannelId &channel, const ChannelStep &step)
{
    const QByteArray id = channel.bytes();
    m_store.redis.command(KeySpace::kTypingCounts,
                          step.typing > 0
                              ? Command{"ZADD", KeySpace::kTypingCounts, number(step.typing), id}
                              : Command{"ZREM", KeySpace::kTypingCounts, id},
                          [](const auto &) {});
}

void ChannelSteps::read(const ChannelId &channel, Callback<Roster> done) const
{
    m_store.guard<Roster>(std::move(done), [this, channel](Callback<Roster> guarded) {
        m_store.redis.eval(m_store.scripts.channelRead, m_store.keys.channel(channel).all(),
                           arguments(channel), [guarded = std::move(guarded)](Result<Reply> reply) {
                               guarded(accepted(std::move(reply)).and_then(toRoster));
                           });
    });
}

} // namespace presence::rules
