// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/noderegistry.h"

#include "server/presence/session.h"
#include "server/redis/replies.h"
#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"

#include <QPointer>
#include <QRandomGenerator>

#include <algorithm>
#include <span>

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::KeySpace;
using redis::Reply;
using namespace std::chrono_literals;

static constexpr auto kReportInterval = 1'000ms;
static constexpr auto kAliveFor = 15s; ///< after its last report
/// Reports that a peak, and a least, is of.
static constexpr size_t kPeak = 10;
static constexpr qint64 kForgetAfter = 60; ///< s
/// Said again before it is over.
static constexpr std::chrono::seconds kBehindFor{5};
/// 1: sessions and their channels in keys of their own; without KeySpace::kFormat.
static constexpr int kFormat = 2;
static constexpr auto kWatch = 1'000ms;

namespace {
struct CounterName
{
    const char *name;
    qint64 NodeReport::*counter;
};
} // namespace

/// What is told as a rate, with its peak, and summed over all nodes.
static constexpr std::array kCounters{CounterName{"joins", &NodeReport::joins},
                                      CounterName{"events", &NodeReport::events},
                                      CounterName{"deliveries", &NodeReport::deliveries},
                                      CounterName{"messages", &NodeReport::messages}};

NodeRegistry::NodeRegistry(const Store &store, QByteArray nodeName,
                           std::function<NodeReport()> report, std::function<Lateness()> lateness,
                           QObject *parent)
    : QObject(parent), m_store(store), m_nodeName(std::move(nodeName)), m_report(std::move(report)),
      m_lateness(std::move(lateness)),
      m_instance(QByteArray::number(QRandomGenerator::global()->generate64(), 16))
{
    connect(&m_timer, &QTimer::timeout, this, &NodeRegistry::announce);
    connect(&m_watch, &QTimer::timeout, this, &NodeRegistry::reportBehind);
}

void NodeRegistry::start()
{
    connect(&m_store.redis, &redis::Client::ready, this, &NodeRegistry::announce);
    connect(&m_store.redis, &redis::Client::ready, this, &NodeRegistry::reportBehind);
    m_timer.start(kReportInterval);
    m_watch.start(std::min(kWatch, m_store.config.heartbeatInterval / 4));
    announce();
}

void claimFormat(const Store &store, Callback<void> done)
{
    store.redis.eval(
        store.scripts.claimFormat, {KeySpace::kFormat}, {number(kFormat)},
        [done = std::move(done)](Result<redis::Reply> reply) {
            reply = accepted(std::move(reply));
            if (!reply)
                return done(Failure(reply.error()));
            const qint64 newest = reply->toInteger().value_or(0);
            if (newest <= kFormat)
                return done({});
            done(fail(
                ErrorCode::Invalid,
                u"Redis has data of a newer presenced (format %1, this one knows %2)"_s.arg(newest)
                    .arg(kFormat)));
        });
}

void NodeRegistry::reportBehind()
{
    const auto [isBehind, isRefusing] = m_lateness();
    if (isBehind != std::exchange(m_wasBehind, isBehind)) {
        if (isBehind)
            qCWarning(lcPresence) << "Devices of this node could not be refreshed in time. Until"
                                  << "they are, they do not expire";
        else
            qCInfo(lcPresence) << "All devices of this node are refreshed in time again";
    }
    std::vector<QByteArray> arguments{number(kBehindFor)};
    if (isBehind)
        arguments.push_back(redis::KeySpace::nodeTag(m_nodeName));
    if (isRefusing)
        arguments.push_back("rest");
    if (arguments.size() == 1)
        return;
    for (const QByteArray &key : m_store.keys.behindNodes()) {
        if (m_store.redis.isReadyFor(key))
            m_store.redis.eval(m_store.scripts.nodeReportBehind, {key}, arguments,
                               [](const auto &) {});
    }
}

void NodeRegistry::announce()
{
    if (!m_store.redis.isReadyFor(KeySpace::kNodes))
        return;
    m_store.redis.pipeline(KeySpace::kNodes, {{"TIME"}}, [this](const auto &replies) {
        const auto now = replies ? redis::readTime((*replies)[0]) : std::nullopt;
        if (now)
            tell(std::chrono::floor<std::chrono::seconds>(*now).time_since_epoch().count());
    });
}

void NodeRegistry::tell(qint64 now)
{
    if (m_startedAt == 0)
        m_startedAt = now;
    if (m_isStopped)
        return;
    const NodeReport report = m_report();
    noteRates(report);
    m_store.redis.pipeline(
        KeySpace::kNodes,
        {{"ZADD", KeySpace::kNodes, number(now), m_nodeName},
         {"ZREMRANGEBYSCORE", KeySpace::kNodes, "-inf", number(now - kForgetAfter)}},
        [](const auto &) {});
    // In a cluster these are elsewhere, and may be away alone.
    if (m_store.redis.isReadyFor(m_store.keys.node(m_nodeName)))
        describeIn(now, report);
    if (m_store.redis.isReadyFor(KeySpace::kTotals))
        addToTotals(report);
}

void NodeRegistry::describeIn(qint64 now, const NodeReport &report)
{
    const QByteArray key = m_store.keys.node(m_nodeName);
    m_store.redis.pipeline(
        key,
        {{"HGET", key, "instance"}, describe(now, report), {"EXPIRE", key, number(kForgetAfter)}},
        [self = QPointer(this)](const auto &replies) {
            if (self && replies)
                self->compareInstance((*replies)[0].bytes());
        });
}

/// What is found at first is of a process of before.
void NodeRegistry::compareInstance(const QByteArray &found)
{
    const bool isOther = !found.isEmpty() && found != m_instance;
    if (std::exchange(m_hasTold, true) && isOther
        && mayLog(u"Another process has the name of this node"_s))
        qCWarning(lcPresence).noquote() << "Another process is named" << m_nodeName
                                        << "as well: each node needs a NODE_NAME of its own, or "
                                           "their sessions are taken for each "
                                           "other's";
}

/// Reports may follow each other closely, when Redis answers again: over so short a time nothing is
/// said of a second.
void NodeRegistry::noteRates(const NodeReport &report)
{
    const double seconds = m_sinceLast.isValid() ? double(m_sinceLast.nsecsElapsed()) / 1e9 : 0;
    if (m_sinceLast.isValid()
        && seconds < std::chrono::duration<double>(kReportInterval).count() / 2)
        return;
    const auto rate = [seconds](auto later, auto earlier) {
        return seconds > 0 ? static_cast<double>(later - earlier) / seconds : 0;
    };
    m_processor = rate(report.processor.count() / 1e6, m_last.processor.count() / 1e6);
    for (size_t i = 0; i < kCounters.size(); ++i) {
        const auto &[name, counter] = kCounters[i];
        m_rates[i].push_back(rate(report.*counter, m_last.*counter));
        if (m_rates[i].size() > kPeak)
            m_rates[i].pop_front();
    }
    m_last = report;
    m_sinceLast.start();
}

/// What was counted while their master was away, too.
void NodeRegistry::addToTotals(const NodeReport &report)
{
    std::vector<redis::Command> counts;
    for (const auto &[name, counter] : kCounters) {
        if (const qint64 more = report.*counter - m_counted.*counter; more > 0)
            counts.push_back({"HINCRBY", KeySpace::kTotals, name, number(more)});
    }
    m_counted = report;
    if (!counts.empty())
        m_store.redis.pipeline(KeySpace::kTotals, std::move(counts), [](const auto &) {});
}

redis::Command NodeRegistry::describe(qint64 now, const NodeReport &report) const
{
    const auto real = [](double value) { return QByteArray::number(value, 'f', 3); };
    redis::Command command{"HSET", m_store.keys.node(m_nodeName)};
    const auto add = [&command](const QByteArray &field, const QByteArray &value) {
        command.add(field);
        command.add(value);
    };
    add("instance", m_instance);
    add("started_at", number(m_startedAt));
    add("seen_at", number(now));
    add("version", report.version);
    add("connections", number(report.connections));
    add("devices", number(report.devices));
    add("shards", number(report.shards));
    add("lag_us", number(report.lag.count()));
    add("memory", number(report.memory));
    add("draining", number(qint64(report.isDraining)));
    add("processor", real(m_processor));
    for (size_t i = 0; i < kCounters.size(); ++i) {
        const QByteArray name = kCounters[i].name;
        add(name, real(m_rates[i].back()));
        add(name + "_peak", real(*std::ranges::max_element(m_rates[i])));
        add(name + "_least", real(*std::ranges::min_element(m_rates[i])));
    }
    return command;
}

void NodeRegistry::stop(std::function<void()> done)
{
    m_isStopped = true;
    m_timer.stop();
    m_watch.stop();
    m_store.redis.pipeline(
        KeySpace::kNodes,
        {{"ZREM", KeySpace::kNodes, m_nodeName}, {"DEL", m_store.keys.node(m_nodeName)}},
        [done = std::move(done)](const auto &) { done(); });
}

static Seconds toSeconds(const Reply &seconds)
{
    return Seconds(std::chrono::seconds(seconds.toInteger().value_or(0)));
}

/// joins, joins_peak, joins_least, …
static void setRate(NodeRow &node, QByteArrayView field, double value)
{
    static constexpr std::array kRates{
        std::tuple{"joins", &NodeRow::joins, &Rates::joins},
        std::tuple{"events", &NodeRow::events, &Rates::events},
        std::tuple{"deliveries", &NodeRow::deliveries, &Rates::deliveries},
        std::tuple{"messages", &NodeRow::messages, &Rates::messages}};
    for (const auto &[name, rate, member] : kRates) {
        if (!field.startsWith(name))
            continue;
        const QByteArrayView what = field.sliced(qsizetype(qstrlen(name)));
        if (what.isEmpty())
            node.*rate = value;
        else if (what == "_peak") {
            node.peak.*member = value;
            node.isInTotals = true; // told by the same versions
        } else if (what == "_least")
            node.least.*member = value;
    }
}

static void set(NodeRow &node, QByteArrayView field, const Reply &value)
{
    const auto whole = [&value] { return value.toInteger().value_or(0); };
    if (field == "started_at")
        node.startedAt = toSeconds(value);
    else if (field == "version")
        node.version = value.bytes();
    else if (field == "connections")
        node.connections = whole();
    else if (field == "devices")
        node.devices = whole();
    else if (field == "shards")
        node.shards = static_cast<int>(whole());
    else if (field == "lag_us")
        node.lag = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(whole()));
    else if (field == "memory")
        node.memory = whole();
    else if (field == "draining")
        node.isDraining = whole() != 0;
    else if (field == "processor")
        node.processor = value.bytes().toDouble();
    else
        setRate(node, field, value.bytes().toDouble());
}

/// `fields` of the node's hash: name, value, …
static void complete(NodeRow &node, const std::vector<Reply> &fields)
{
    for (const auto &[field, value] : redis::Pairs(fields))
        set(node, field.bytes(), value);
}

/// From the answers to ZRANGE of the nodes, HGET of the sweeper, and ZRANGE of those behind.
static std::vector<NodeRow> toNodes(Seconds now, std::span<const Reply> replies)
{
    std::vector<NodeRow> nodes;
    for (const auto &[name, seenAt] : redis::Pairs(replies[0])) {
        NodeRow node{.name = name.bytes(), .seenAt = toSeconds(seenAt)};
        node.isAlive = now - node.seenAt <= kAliveFor;
        node.isSweeping = replies[1].bytes() == node.name;
        const QByteArray tag = redis::KeySpace::nodeTag(node.name);
        node.isBehind = std::ranges::any_of(replies.subspan(2), [&](const Reply &behind) {
            return behind.toHash().value(tag).toLongLong() >= now.time_since_epoch().count();
        });
        nodes.push_back(std::move(node));
    }
    std::ranges::sort(nodes, {}, &NodeRow::name);
    return nodes;
}

void readNodes(const Store &store, Callback<std::vector<NodeRow>> done)
{
    std::vector<redis::Command> commands{{"TIME"},
                                         {"ZRANGE", KeySpace::kNodes, "0", "-1", "WITHSCORES"},
                                         {"HGET", KeySpace::kSweeper, "node"}};
    for (const QByteArray &key : store.keys.behindNodes())
        commands.push_back({"ZRANGE", key, "0", "-1", "WITHSCORES"});
    const auto listed = [&store, done = std::move(done)](const auto &replies) {
        const auto now = redis::readTime(replies[0]);
        if (!now || !replies[1].isArray())
            return done(fail(ErrorCode::Unavailable, QStringLiteral("Redis is unreachable")));
        auto nodes = toNodes(std::chrono::floor<std::chrono::seconds>(*now),
                             std::span(replies).subspan(1));
        if (nodes.empty())
            return done(std::move(nodes));
        std::vector<redis::Command> details;
        for (const NodeRow &node : nodes)
            details.push_back({"HGETALL", store.keys.node(node.name)});
        store.redis.gather(KeySpace::kNodes, std::move(details),
                           [nodes = std::move(nodes), done](const auto &hashes) mutable {
                               for (size_t i = 0; i < nodes.size(); ++i)
                                   complete(nodes[i], hashes[i].elements());
                               done(std::move(nodes));
                           });
    };
    store.redis.gather(KeySpace::kNodes, std::move(commands), listed);
}

} // namespace presence::rules
