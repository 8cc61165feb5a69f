// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/archivewriter.h"

#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"

#include <QPointer>

#include <algorithm>

namespace presence::archive {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// How late a change is written when there are few.
static constexpr auto kPoll = 200ms;
static constexpr auto kFirstRetry = 250ms;
static constexpr auto kLongestRetry = 2'000ms;
static constexpr auto kMeasureInterval = 2'000ms;
static constexpr auto kPurgeInterval = 10min;
/// A document may be refused so often before it is put aside.
static constexpr int kTries = 10;
/// Changes that are written at once: as many as a server takes in about a second.
static constexpr int kFewest = 20;
static constexpr int kMost = 2'000;
static constexpr auto kQuick = 500ms;
static constexpr auto kSlow = 2'000ms;
static constexpr auto kStopPatience = 5'000ms;

ArchiveWriter::ArchiveWriter(redis::Client &redis, const redis::KeySpace &keys, Mongo &mongo,
                             const QByteArray &node, std::chrono::seconds maxAge, qint64 capacity)
    : m_redis(redis), m_mongo(mongo), m_reader(redis, keys, node, maxAge, capacity),
      m_part(kFewest), m_maxAge(maxAge)
{
    m_thread.setMaxThreadCount(1);
    m_nodes.insert(redis::KeySpace::nodeTag(node), node);
    m_next.setSingleShot(true);
    connect(&m_next, &QTimer::timeout, this, &ArchiveWriter::next);
    connect(&m_measure, &QTimer::timeout, this, &ArchiveWriter::measure);
    connect(&m_purge, &QTimer::timeout, this, [this] {
        const Ms now = std::chrono::floor<Ms>(std::chrono::system_clock::now().time_since_epoch());
        m_thread.start([this, now] {
            if (const auto purged = m_mongo.purge(now); !purged)
                qCWarning(lcArchive) << "What is too old was not deleted:" << purged.error().detail;
        });
    });
    // A failover may have forgotten that something was acknowledged, or read.
    connect(&m_redis, &redis::Client::ready, this, [this] { m_reader.forget(); });
}

ArchiveWriter::~ArchiveWriter()
{
    m_thread.waitForDone();
}

void ArchiveWriter::start()
{
    m_measure.start(kMeasureInterval);
    m_purge.start(kPurgeInterval);
    readNodes([this] { next(); });
}

void ArchiveWriter::stop(std::function<void()> done)
{
    m_isStopping = true;
    m_measure.stop();
    m_purge.stop();
    m_next.stop();
    if (!m_isBusy)
        return done();
    m_stopped = std::move(done);
    QTimer::singleShot(kStopPatience, this, [this] {
        if (m_stopped)
            std::exchange(m_stopped, nullptr)();
    });
}

ArchiveState ArchiveWriter::state() const
{
    const std::scoped_lock lock(m_mutex);
    return m_state;
}

void ArchiveWriter::pause(std::chrono::milliseconds time)
{
    m_isBusy = false;
    if (m_stopped)
        std::exchange(m_stopped, nullptr)();
    else if (!m_isStopping)
        m_next.start(time);
}

void ArchiveWriter::next()
{
    m_isBusy = true;
    // Whether MongoDB is there has to be known by the time that Redis is.
    if (!m_reader.isReachable())
        return state().isAvailable ? pause(kPoll) : write({});
    m_sinceRead.start();
    m_reader.read(m_part, [self = QPointer(this)](Result<std::vector<Change>> changes) {
        if (!self)
            return;
        if (!changes)
            return self->pause(kLongestRetry);
        // Also nothing, until the indexes are there and then after a fault: whether it is over.
        if (changes->empty() && self->m_isPrepared && self->state().isAvailable)
            return self->pause(kPoll);
        self->write(*std::move(changes));
    });
}

void ArchiveWriter::write(std::vector<Change> changes)
{
    const bool givesUp = m_failures >= kTries;
    m_thread.start([this, givesUp, nodes = m_nodes, changes = std::move(changes)]() mutable {
        auto written = writeNow(changes, nodes, givesUp);
        QMetaObject::invokeMethod(this,
                                  [this, changes = std::move(changes),
                                   written = std::move(written)] { wrote(changes, written); });
    });
}

ArchiveWriter::Written ArchiveWriter::writeNow(const std::vector<Change> &changes,
                                               const QHash<QByteArray, QByteArray> &nodes,
                                               bool givesUp) const
{
    Written written{.rejections = std::vector<Rejection>(), .isPrepared = m_isPrepared};
    if (!written.isPrepared) {
        if (const auto prepared = m_mongo.prepare(); !prepared)
            written.rejections = Failure(prepared.error());
        written.isPrepared = written.rejections.has_value();
    }
    const auto documents = toDocuments(changes, m_mongo.config().keepsHistory, nodes);
    if (!written.rejections)
        return written;
    if (documents.empty()) {
        if (const auto there = m_mongo.ping(); !there)
            written.rejections = Failure(there.error());
        return written;
    }
    written.rejections = m_mongo.write(documents, givesUp);
    if (!written.rejections || written.rejections->empty())
        return written;
    if (const auto kept = m_mongo.reject(*written.rejections); !kept)
        written.rejections = Failure(kept.error());
    return written;
}

void ArchiveWriter::wrote(const std::vector<Change> &changes, const Written &written)
{
    m_isPrepared = written.isPrepared;
    adapt(written.rejections.has_value(), std::chrono::milliseconds(m_sinceRead.elapsed()));
    if (!written.rejections) {
        ++m_failures;
        setFault(written.rejections.error().detail);
        m_reader.forget(); // They are read again.
        return pause(std::min<std::chrono::milliseconds>(kFirstRetry * m_failures, kLongestRetry));
    }
    m_failures = 0;
    setFault({});
    for (const auto &[document, reason] : *written.rejections)
        if (mayLog(u"MongoDB refuses a document"_s))
            qCWarning(lcArchive) << "MongoDB refuses" << document.id << "of" << document.user
                                 << "for good:" << reason << "It is kept in presence_rejected";
    {
        const std::scoped_lock lock(m_mutex);
        m_state.written += qint64(changes.size());
        m_state.rejected += qint64(written.rejections->size());
    }
    if (changes.empty())
        return pause(kPoll);
    acknowledge(changes);
}

/// A write that is too large for a slow server would never end.
void ArchiveWriter::adapt(bool isWritten, std::chrono::milliseconds time)
{
    if (time > kSlow)
        m_part = std::max(kFewest, m_part / 2);
    else if (isWritten && time < kQuick)
        m_part = std::min(kMost, m_part * 2);
}

void ArchiveWriter::acknowledge(const std::vector<Change> &changes)
{
    m_reader.acknowledge(changes, [self = QPointer(this)](const Result<void> &done) {
        if (!self)
            return;
        if (!done)
            self->m_reader.forget(); // They are written again, which does no harm.
        self->pause(done ? 0ms : kFirstRetry);
    });
}

void ArchiveWriter::suspect(const QString &fault) const
{
    const std::scoped_lock lock(m_mutex);
    if (m_state.isAvailable)
        qCWarning(lcArchive).noquote() << "MongoDB is unavailable:" << fault;
    m_state.isAvailable = false;
    m_state.fault = fault;
}

void ArchiveWriter::setFault(const QString &fault)
{
    if (!std::exchange(m_hasOutcome, true))
        QMetaObject::invokeMethod(this, &ArchiveWriter::tried, Qt::QueuedConnection);
    const std::scoped_lock lock(m_mutex);
    const bool isAvailable = fault.isEmpty();
    if (isAvailable && !m_state.isAvailable)
        qCInfo(lcArchive).noquote() << "MongoDB is available:" << m_mongo.server();
    else if (!isAvailable && fault != m_state.fault)
        qCWarning(lcArchive).noquote() << "MongoDB is unavailable, changes wait in Redis:" << fault;
    m_state.isAvailable = isAvailable;
    m_state.fault = fault;
}

void ArchiveWriter::readNodes(std::function<void()> done)
{
    m_reader.readNodes([self = QPointer(this),
                        done = std::move(done)](Result<QHash<QByteArray, QByteArray>> nodes) {
        if (!self)
            return;
        // Those that are gone have entries, too.
        if (nodes)
            self->m_nodes.insert(*nodes);
        done();
    });
}

void ArchiveWriter::measure()
{
    if (!m_reader.isReachable())
        return;
    readNodes([] {});
    m_reader.measure([self = QPointer(this)](const Result<ChangeReader::Lag> &lag) {
        if (self && lag)
            self->warn(*lag);
    });
}

/// Before anything is dropped.
void ArchiveWriter::warn(const ChangeReader::Lag &lag)
{
    const std::scoped_lock lock(m_mutex);
    const bool isFilling = lag.fill > 0.5 || lag.age > m_maxAge / 2;
    if (isFilling && !m_wasFilling)
        qCWarning(lcArchive).nospace()
            << lag.entries << " changes wait to be written to MongoDB, the oldest for "
            << lag.age.count() / 1000 << " s; " << int(lag.fill * 100)
            << " % of STREAM_MAX_LENGTH. Then, or after STREAM_MAX_AGE, the oldest are dropped";
    m_wasFilling = isFilling;
    if (lag.dropped > m_state.lag.dropped)
        qCCritical(lcArchive) << lag.dropped - m_state.lag.dropped
                              << "changes were dropped before they were written to MongoDB";
    m_state.lag = lag;
}

} // namespace presence::archive
