// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/duequeue.h"

#include "server/redis/replies.h"

#include <QRandomGenerator>

#include <algorithm>

namespace presence::rules {

using redis::Command;
using redis::Reply;
using namespace Qt::StringLiterals;

/// A fraction between 0 and 1, exact in binary: a time long past that nobody else will choose.
static QByteArray timeOfItsOwn()
{
    constexpr quint32 kChoices = 1U << 20U;
    const quint32 chosen = QRandomGenerator::global()->bounded(1U, kChoices);
    return QByteArray::number(static_cast<double>(chosen) / kChoices, 'g', 17);
}

/// Scores are in seconds, as other services read them, and exact to the millisecond, with a
/// mark to the microsecond: what ends is noticed at once. 0 stays 0.
QByteArray DueQueue::toScore(qint64 ms, int mark)
{
    if (ms == 0)
        return "0"_ba;
    const QByteArray seconds = number(ms / 1000) + '.' + number(ms % 1000).rightJustified(3, '0');
    return mark == 0 ? seconds : seconds + number(qint64(mark)).rightJustified(3, '0');
}

static Result<std::vector<QByteArray>> toMembers(const Reply &reply)
{
    std::vector<QByteArray> members;
    for (const Reply &member : reply.elements())
        members.push_back(member.bytes());
    return members;
}

QByteArray DueQueue::schedule(const QByteArray &member, Which which) const
{
    if (which == Which::Entering)
        m_store.redis.eval(m_store.scripts.dueEnter, {m_key},
                           {member, number(m_store.config.presenceTtl)}, [](const auto &) {});
    if (!needsReschedule(which))
        return "0"_ba;
    const QByteArray time = timeOfItsOwn();
    Command command{"ZADD", m_key};
    if (which == Which::New)
        command.add("NX");
    else
        command.add("LT");
    if (which == Which::Known)
        command.add("XX");
    m_store.redis.command(m_key, command.add(time).add(member), [](const auto &) {});
    return time;
}

void DueQueue::reschedule(const QByteArray &member, const QByteArray &scheduled,
                          qint64 nextCheck) const
{
    m_store.redis.eval(m_store.scripts.dueReschedule, {m_key},
                       {member, scheduled, toScore(nextCheck)}, [](const auto &) {});
}

void DueQueue::due(int limit, Callback<std::vector<Entry>> done) const
{
    const auto toEntries = [](const Reply &reply) -> Result<std::vector<Entry>> {
        std::vector<Entry> entries;
        for (const auto &[member, due] : redis::Pairs(reply))
            entries.push_back({member.bytes(), due.bytes()});
        return entries;
    };
    m_store.redis.eval(m_store.scripts.dueRead, {m_key}, {number(limit)},
                       [toEntries, done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toEntries));
                       });
}

void DueQueue::restore(const QByteArray &member, qint64 nextCheck) const
{
    m_store.redis.command(m_key, {"ZADD", m_key, "NX", toScore(nextCheck), member},
                          [](const auto &) {});
}

void DueQueue::acknowledge(const std::vector<Checked> &entries,
                           Callback<std::vector<QByteArray>> done) const
{
    std::vector<QByteArray> arguments;
    arguments.reserve(3 * entries.size());
    for (const auto &[entry, nextCheck, mark] : entries)
        arguments.insert(arguments.end(), {entry.member, entry.due, toScore(nextCheck, mark)});
    m_store.redis.eval(m_store.scripts.dueAcknowledge, {m_key}, arguments,
                       [done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toMembers));
                       });
}

void DueQueue::raise(const Checked &checked, const std::vector<QByteArray> &members,
                     Callback<std::vector<QByteArray>> done) const
{
    std::vector<QByteArray> arguments{checked.entry.due, toScore(checked.nextCheck, checked.mark)};
    arguments.insert(arguments.end(), members.begin(), members.end());
    m_store.redis.eval(m_store.scripts.dueRaise, {m_key}, arguments,
                       [done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toMembers));
                       });
}

void DueQueue::times(const std::vector<QByteArray> &members,
                     Callback<std::vector<Entry>> done) const
{
    Command command{"ZMSCORE", m_key};
    for (const QByteArray &member : members)
        command.add(member);
    m_store.redis.command(m_key, std::move(command),
                          [members, done = std::move(done)](Result<Reply> reply) {
                              reply = accepted(std::move(reply));
                              if (!reply)
                                  return done(Failure(reply.error()));
                              std::vector<Entry> entries;
                              const auto &times = reply->elements();
                              for (size_t i = 0; i < std::min(members.size(), times.size()); ++i)
                                  entries.push_back({members[i], times[i].bytes()});
                              done(std::move(entries));
                          });
}

} // namespace presence::rules
