// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/channeltransitions.h"

#include "server/redis/replies.h"

#include <algorithm>

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;

static Result<ChannelTransition> toTransition(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() < 3)
        return fail(ErrorCode::Internal, u"unexpected answer of a channel script"_s);
    ChannelTransition transition{.nextCheck = fields[0].toInteger().value_or(0),
                                 .viewers = fields[1].toInteger().value_or(0),
                                 .typing = fields[2].toInteger().value_or(0),
                                 .missing = {}};
    if (fields.size() > 3) {
        for (const auto &[user, session] : redis::Pairs(fields[3]))
            transition.missing.emplace_back(UserId(user.bytes()), SessionId(session.bytes()));
    }
    return transition;
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

std::vector<QByteArray> ChannelTransitions::arguments(const ChannelId &channel) const
{
    return {channel.bytes(), number(m_store.config.viewTtl), number(m_store.config.typingTtl),
            m_store.keys.channelEvents(channel), m_store.forOthers(KeySpace::kTyping)};
}

void ChannelTransitions::change(const redis::Script &script, const ChannelId &channel,
                                std::vector<QByteArray> more, Callback<ChannelTransition> done)
{
    const QByteArray scheduled = m_due.schedule(channel.bytes(), DueQueue::Which::New);
    check(script, channel, std::move(more),
          [this, channel, scheduled,
           done = std::move(done)](const Result<ChannelTransition> &transition) {
              if (transition)
                  m_due.reschedule(channel.bytes(), scheduled, transition->nextCheck);
              done(transition);
          });
}

void ChannelTransitions::run(const redis::Script &script, const ChannelId &channel,
                             std::vector<QByteArray> more, Callback<ChannelTransition> done)
{
    std::vector<QByteArray> all = arguments(channel);
    all.insert(all.end(), more.begin(), more.end());
    m_store.redis.eval(script, m_store.keys.channel(channel).all(), std::move(all),
                       [done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toTransition));
                       });
}

void ChannelTransitions::check(const redis::Script &script, const ChannelId &channel,
                               std::vector<QByteArray> more, Callback<ChannelTransition> done)
{
    run(script, channel, std::move(more),
        [this, channel, done = std::move(done)](const Result<ChannelTransition> &transition) {
            if (transition)
                count(channel, *transition);
            done(transition);
        });
}

void ChannelTransitions::refresh(const redis::Script &script, const ChannelId &channel,
                                 std::vector<QByteArray> more, Callback<ChannelTransition> done)
{
    run(script, channel, std::move(more),
        [this, channel, done = std::move(done)](const Result<ChannelTransition> &transition) {
            if (transition)
                m_due.reschedule(channel.bytes(), "0"_ba, transition->nextCheck);
            done(transition);
        });
}

void ChannelTransitions::quit(const ChannelId &channel, const UserId &user, qint64 revision,
                              Who who, const std::vector<SessionId> &sessions,
                              Callback<ChannelTransition> done)
{
    std::vector<QByteArray> arguments{user.bytes(), number(revision),
                                      who == Who::All ? "all" : "named"};
    for (const SessionId &session : sessions)
        arguments.push_back(session.bytes());
    change(m_store.scripts.channelQuit, channel, std::move(arguments), std::move(done));
}

/// For the metrics.
void ChannelTransitions::count(const ChannelId &channel, const ChannelTransition &transition)
{
    const QByteArray id = channel.bytes();
    m_store.redis.command(KeySpace::kTypingCounts,
                          transition.typing > 0 ? Command{"ZADD", KeySpace::kTypingCounts,
                                                          number(transition.typing), id}
                                                : Command{"ZREM", KeySpace::kTypingCounts, id},
                          [](const auto &) {});
}

/// The part of a whole list that `page` asks for.
static void cut(UserPage &list, const Page &page)
{
    std::vector<UserId> &users = list.users;
    std::ranges::sort(users);
    const auto first = page.after
        ? std::ranges::upper_bound(users, *page.after)
        : users.begin() + std::min<qsizetype>(page.offset, std::ssize(users));
    users.erase(users.begin(), first);
    if (std::ssize(users) <= page.limit)
        return;
    users.resize(static_cast<size_t>(page.limit));
    list.next = users.back();
}

void ChannelTransitions::readPage(const ChannelId &channel, List list, const Page &page,
                                  Callback<UserPage> done) const
{
    const auto toPage = [page](const Reply &reply) -> Result<UserPage> {
        const auto &fields = reply.elements();
        if (fields.size() != 4)
            return fail(ErrorCode::Internal, u"unexpected answer of a channel"_s);
        UserPage result{.users = {}, .total = fields[0].toInteger().value_or(0), .next = {}};
        for (const Reply &user : fields[1].elements())
            result.users.emplace_back(user.bytes());
        result.read = result.users.size();
        if (fields[2].toInteger() == 1)
            cut(result, page);
        else if (const QByteArray next = fields[3].bytes(); !next.isEmpty())
            result.next = UserId(next);
        return result;
    };
    m_store.guard<UserPage>(std::move(done), [=, this](Callback<UserPage> guarded) {
        std::vector<QByteArray> keys = m_store.keys.channel(channel).all();
        keys.push_back(m_store.keys.viewOrder(channel));
        std::vector<QByteArray> all = arguments(channel);
        all.insert(all.end(),
                   {number(page.offset), number(page.limit),
                    page.after ? page.after->bytes() : ""_ba,
                    list == List::Viewers ? "viewers"_ba : "typing"_ba});
        m_store.redis.eval(m_store.scripts.channelPage, std::move(keys), std::move(all),
                           [toPage, guarded = std::move(guarded)](Result<Reply> reply) {
                               guarded(accepted(std::move(reply)).and_then(toPage));
                           });
    });
}

void ChannelTransitions::read(const ChannelId &channel, Callback<Roster> done) const
{
    m_store.guard<Roster>(std::move(done), [this, channel](Callback<Roster> guarded) {
        m_store.redis.eval(m_store.scripts.channelRead, m_store.keys.channel(channel).all(),
                           arguments(channel), [guarded = std::move(guarded)](Result<Reply> reply) {
                               guarded(accepted(std::move(reply)).and_then(toRoster));
                           });
    });
}

} // namespace presence::rules
