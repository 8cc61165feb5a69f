// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/changereader.h"

#include "server/redis/cluster/slotmap.h"
#include "server/redis/replies.h"

#include <algorithm>
#include <set>

namespace presence::archive {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::Reply;

/// Of one stream in one call: Redis does nothing else meanwhile.
static constexpr int kPart = 500;
static constexpr auto kClaimInterval = 5'000ms;
/// A node that is slower than this is taken for dead; writing an entry twice does no harm.
static constexpr auto kClaimIdle = 30'000ms;
static constexpr auto kAllInterval = 10'000ms;
static constexpr std::chrono::milliseconds kConsumerGone = 1h;

static redis::Script load(const QString &file)
{
    const auto text = redis::readLua({u":/lua/stream/%1.lua"_s.arg(file)});
    if (!text)
        qFatal("%s", qPrintable(text.error().detail)); // built without its resources
    return {(u"stream_"_s + file).toLatin1(), *text};
}

static QByteArray number(std::chrono::milliseconds ms)
{
    return QByteArray::number(qint64(ms.count()));
}

static QByteArray acknowledgedOf(const QByteArray &stream)
{
    return stream + ":acknowledged";
}

static Result<Reply> accepted(Result<Reply> reply)
{
    if (reply && reply->isError())
        return fail(ErrorCode::Unavailable, QString::fromUtf8(reply->bytes()));
    return reply;
}

ChangeReader::ChangeReader(redis::Client &redis, const redis::KeySpace &keys, QByteArray consumer,
                           std::chrono::seconds maxAge, qint64 capacity)
    : m_redis(redis), m_keys(keys), m_consumer(std::move(consumer)), m_maxAge(maxAge),
      m_capacity(capacity), m_read(load(u"read"_s)), m_acknowledge(load(u"acknowledge"_s)),
      m_measure(load(u"measure"_s)), m_erase(load(u"erase"_s))
{
    m_redis.load({&m_read, &m_acknowledge, &m_measure, &m_erase});
}

bool ChangeReader::isReachable() const
{
    return !reachable().empty();
}

std::vector<QByteArray> ChangeReader::reachable() const
{
    std::vector<QByteArray> streams;
    for (int shard = 0; shard < m_keys.changeStreams(); ++shard) {
        if (QByteArray stream = m_keys.changeStream(shard); m_redis.isReadyFor(stream))
            streams.push_back(std::move(stream));
    }
    return streams;
}

/// In a cluster those that are appended to, the first of each master; now and then all, since slots
/// move.
std::vector<QByteArray> ChangeReader::streams()
{
    std::vector<QByteArray> streams = reachable();
    const redis::SlotMap *map = m_redis.slotMap();
    const bool areAll = m_all.hasExpired() || m_hasRest;
    if (areAll)
        m_all.setRemainingTime(kAllInterval);
    if (areAll || !map)
        return streams;
    std::set<redis::Address> masters;
    std::erase_if(streams, [&](const QByteArray &stream) {
        return !masters.insert(*map->masterOf(redis::slotOf(stream))).second;
    });
    return streams;
}

namespace {

/// Calls to several streams, which fail when one does, or where `needsAll` is not set, all do.
template <typename T>
struct Gathering
{
    T value{};
    size_t left = 0;
    bool needsAll = true;
    bool hasAny = false;
    std::optional<Error> error;
    Callback<T> done;

    void took(const Result<Reply> &reply, const std::function<void(T &, const Reply &)> &take)
    {
        if (reply)
            take(value, *reply);
        else
            error = reply.error();
        hasAny = hasAny || reply;
        if (--left == 0)
            finish();
    }
    void finish()
    {
        if (error && (needsAll || !hasAny))
            done(Failure(*error));
        else
            done(std::move(value));
    }
};

} // namespace

void ChangeReader::read(int count, Callback<std::vector<Change>> done)
{
    QByteArray mode = "new"_ba;
    if (m_hasRest)
        mode = "own"_ba;
    else if (m_claim.hasExpired())
        mode = "claim"_ba;
    const std::vector<QByteArray> from = streams();
    if (from.empty())
        return done(fail(ErrorCode::Unavailable, u"no change stream can be reached"_s));
    const auto gathering = std::make_shared<Gathering<std::vector<Change>>>();
    gathering->left = from.size();
    gathering->needsAll = false; // what one did not answer is claimed, or read again with the rest
    gathering->done
        = [this, count, mode, done = std::move(done)](Result<std::vector<Change>> changes) {
              if (!changes)
                  m_hasRest = true; // of the streams that did answer
              if (changes && changes->empty() && mode == "own")
                  m_hasRest = false;
              if (changes && changes->empty() && mode == "claim")
                  m_claim.setRemainingTime(kClaimInterval);
              // There may be new ones all the same.
              if (changes && changes->empty() && mode != "new")
                  return read(count, done);
              done(std::move(changes));
          };
    for (const QByteArray &stream : from) {
        m_redis.eval(m_read, {stream},
                     {kGroup, m_consumer, QByteArray::number(std::min(count, kPart)), mode,
                      number(kClaimIdle)},
                     [gathering, stream](Result<Reply> reply) {
                         gathering->took(
                             accepted(std::move(reply)),
                             [&stream](std::vector<Change> &changes, const Reply &entries) {
                                 for (const auto &[id, json] : redis::Pairs(entries))
                                     changes.push_back({stream, id.bytes(), json.bytes()});
                             });
                     });
    }
}

void ChangeReader::acknowledge(const std::vector<Change> &changes, Callback<void> done)
{
    QHash<QByteArray, std::vector<QByteArray>> byStream;
    for (const Change &change : changes) {
        auto &arguments = byStream[change.stream];
        if (arguments.empty())
            arguments.push_back(kGroup);
        arguments.push_back(change.id);
    }
    const auto gathering = std::make_shared<Gathering<int>>();
    gathering->left = size_t(byStream.size());
    gathering->done = [done = std::move(done)](const Result<int> &result) {
        if (result)
            done({});
        else
            done(Failure(result.error()));
    };
    for (auto it = byStream.begin(); it != byStream.end(); ++it)
        m_redis.eval(m_acknowledge, {it.key(), acknowledgedOf(it.key())}, std::move(it.value()),
                     [gathering](Result<Reply> reply) {
                         gathering->took(accepted(std::move(reply)), [](int &, const Reply &) {});
                     });
}

void ChangeReader::measure(Callback<Lag> done)
{
    const std::vector<QByteArray> streams = reachable();
    if (streams.empty())
        return done(fail(ErrorCode::Unavailable, u"no change stream can be reached"_s));
    const auto gathering = std::make_shared<Gathering<Lag>>();
    gathering->left = streams.size();
    gathering->needsAll = false;
    gathering->done = std::move(done);
    for (auto known = m_measured.cbegin(); known != m_measured.cend(); ++known) {
        if (std::ranges::find(streams, known.key()) == streams.end())
            add(*known, gathering->value);
    }
    for (const QByteArray &stream : streams) {
        m_redis.eval(m_measure, {stream, acknowledgedOf(stream)},
                     {kGroup, number(m_maxAge), number(kConsumerGone)},
                     [this, gathering, stream](Result<Reply> reply) {
                         reply = accepted(std::move(reply));
                         if (!reply)
                             add(m_measured.value(stream), gathering->value);
                         gathering->took(reply, [this, &stream](Lag &lag, const Reply &measured) {
                             take(stream, measured, lag);
                         });
                     });
    }
}

void ChangeReader::take(const QByteArray &stream, const Reply &measured, Lag &lag)
{
    const auto field = [&measured](size_t i) {
        const auto &fields = measured.elements();
        return i < fields.size() ? fields[i].toInteger().value_or(0) : 0;
    };
    const Measured before = m_measured.value(stream);
    const Measured now{field(0), std::chrono::milliseconds(field(1)), field(2), field(3)};
    m_measured.insert(stream, now);
    const qint64 added = now.added - before.added;
    const qint64 acknowledged = now.acknowledged - before.acknowledged;
    // Redis may have lost the stream, with all that waited in it, or only how many were done with.
    if (added < 0)
        m_dropped += before.entries;
    else if (acknowledged >= 0 && before.added > 0)
        m_dropped += std::max<qint64>(0, before.entries + added - acknowledged - now.entries);
    add(now, lag);
    lag.dropped = m_dropped;
}

/// The age that is known does not grow: one change that was under way would make all late.
void ChangeReader::add(const Measured &measured, Lag &lag) const
{
    lag.entries += measured.entries;
    lag.age = std::max(lag.age, measured.age);
    lag.fill = std::max(lag.fill, double(measured.entries) / double(m_capacity));
}

void ChangeReader::erase(const UserId &user, Callback<void> done)
{
    eraseFrom(0, "-"_ba, user, std::move(done));
}

void ChangeReader::eraseFrom(int shard, const QByteArray &after, const UserId &user,
                             Callback<void> done)
{
    if (shard == m_keys.changeStreams())
        return done({});
    const QByteArray stream = m_keys.changeStream(shard);
    m_redis.eval(m_erase, {stream, acknowledgedOf(stream)}, {user.bytes(), after},
                 [this, shard, user, done = std::move(done)](Result<Reply> reply) {
                     reply = accepted(std::move(reply));
                     if (!reply)
                         return done(Failure(reply.error()));
                     const QByteArray &last = reply->bytes();
                     eraseFrom(last.isEmpty() ? shard + 1 : shard, last.isEmpty() ? "-"_ba : last,
                               user, done);
                 });
}

void ChangeReader::readNodes(Callback<QHash<QByteArray, QByteArray>> done)
{
    m_redis.command(redis::KeySpace::kNodes, {"ZRANGE", redis::KeySpace::kNodes, "0", "-1"},
                    [done = std::move(done)](Result<Reply> reply) {
                        reply = accepted(std::move(reply));
                        if (!reply)
                            return done(Failure(reply.error()));
                        QHash<QByteArray, QByteArray> nodes;
                        for (const Reply &name : reply->elements())
                            nodes.insert(redis::KeySpace::nodeTag(name.bytes()), name.bytes());
                        done(std::move(nodes));
                    });
}

} // namespace presence::archive
