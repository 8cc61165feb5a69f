// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/changereader.h"

#include <QElapsedTimer>
#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <mutex>

namespace presence::archive {

/// How the archive is doing.
struct ArchiveState
{
    bool isAvailable = false; ///< MongoDB took what was written last
    QString fault; ///< why not
    ChangeReader::Lag lag; ///< of all nodes together
    qint64 written = 0; ///< changes, by this node
    qint64 rejected = 0; ///< documents that MongoDB refuses for good, by this node
};

/// Writes the change streams to MongoDB: reads a batch, writes it on a thread of its own, and
/// acknowledges it when MongoDB has. What fails is written again until it does not. Lives on the
/// main thread.
class ArchiveWriter : public QObject
{
    Q_OBJECT
Q_SIGNALS:
    /// For the first time it is known whether MongoDB is available.
    void tried();

public:
    /// `redis` is for this alone. `capacity`: entries of a change stream.
    ArchiveWriter(redis::Client &redis, const redis::KeySpace &keys, Mongo &mongo,
                  const QByteArray &node, std::chrono::seconds maxAge, qint64 capacity);
    ~ArchiveWriter() override;

    void start();
    /// `done` when what was read is written, or after a few seconds.
    void stop(std::function<void()> done);

    ArchiveState state() const; ///< from any thread
    /// MongoDB did not answer somebody else, from any thread: it is unavailable until it answers
    /// here.
    void suspect(const QString &fault) const;

    ChangeReader &changes() { return m_reader; }

private:
    struct Written
    {
        Result<std::vector<Rejection>> rejections;
        bool isPrepared = false;
    };
    void next();
    void pause(std::chrono::milliseconds time);
    void write(std::vector<Change> changes);
    /// On the archive's thread. `givesUp` as in Mongo::write().
    Written writeNow(const std::vector<Change> &changes, const QHash<QByteArray, QByteArray> &nodes,
                     bool givesUp) const;
    void wrote(const std::vector<Change> &changes, const Written &written);
    void adapt(bool isWritten, std::chrono::milliseconds time);
    void acknowledge(const std::vector<Change> &changes);
    void setFault(const QString &fault);
    void readNodes(std::function<void()> done);
    void measure();
    void warn(const ChangeReader::Lag &lag);

    redis::Client &m_redis;
    Mongo &m_mongo;
    ChangeReader m_reader;
    QThreadPool m_thread;
    QTimer m_next;
    QTimer m_measure;
    QTimer m_purge;
    QHash<QByteArray, QByteArray> m_nodes; ///< of what is read next
    std::atomic<bool> m_isPrepared = false; ///< the indexes are there
    bool m_isBusy = false;
    bool m_isStopping = false;
    int m_failures = 0; ///< in a row
    int m_part; ///< changes that are read at once
    QElapsedTimer m_sinceRead;
    std::function<void()> m_stopped;
    const std::chrono::milliseconds m_maxAge;
    bool m_wasFilling = false;
    mutable std::mutex m_mutex; ///< of m_state
    mutable ArchiveState m_state;
    bool m_hasOutcome = false;
};

} // namespace presence::archive
