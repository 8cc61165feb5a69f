// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/index.h"

#include "server/redis/replies.h"

#include <QRandomGenerator>

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

/// Scores are in seconds, as other services read them, and exact to the millisecond: what ends is
/// noticed at once. 0 stays 0.
static QByteArray toScore(qint64 ms)
{
    if (ms == 0)
        return "0"_ba;
    return number(ms / 1000) + '.' + number(ms % 1000).rightJustified(3, '0');
}

QByteArray Index::hasten(const QByteArray &member, Which which) const
{
    if (which == Which::Entering)
        m_store.redis.eval(m_store.scripts.indexEnter, {m_key},
                           {member, number(m_store.config.presenceTtl)}, [](const auto &) {});
    if (!needsNote(which))
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

void Index::note(const QByteArray &member, const QByteArray &hastened, qint64 nextCheck) const
{
    m_store.redis.eval(m_store.scripts.indexNote, {m_key}, {member, hastened, toScore(nextCheck)},
                       [](const auto &) {});
}

void Index::due(int limit, Callback<std::vector<Entry>> done) const
{
    const auto toEntries = [](const Reply &reply) -> Result<std::vector<Entry>> {
        std::vector<Entry> entries;
        for (const auto &[member, due] : redis::Pairs(reply))
            entries.push_back({member.bytes(), due.bytes()});
        return entries;
    };
    m_store.redis.eval(m_store.scripts.indexDue, {m_key}, {number(limit)},
                       [toEntries, done = std::move(done)](Result<Reply> reply) {
                           done(accepted(std::move(reply)).and_then(toEntries));
                       });
}

void Index::restore(const QByteArray &member, qint64 nextCheck) const
{
    m_store.redis.command(m_key, {"ZADD", m_key, "NX", toScore(nextCheck), member},
                          [](const auto &) {});
}

void Index::checked(const Entry &entry, qint64 nextCheck) const
{
    m_store.redis.eval(m_store.scripts.indexChecked, {m_key},
                       {entry.member, entry.due, toScore(nextCheck)}, [](const auto &) {});
}

} // namespace presence::rules
