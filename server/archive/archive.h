// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/archivewriter.h"

#include <QObject>
#include <QThreadPool>

#include <mutex>
#include <vector>

namespace presence::archive {

struct ArchiveConfig
{
    MongoConfig mongo;
    std::chrono::seconds maxAge{24 * 3600}; ///< of a change that could not be written
    qint64 capacity = 1'000'000; ///< of a change stream, as rules::ChangeStream has it
};

/// A page of a user's history.
struct HistoryPage
{
    std::vector<QJsonObject> rows; ///< the newest first
    QByteArray next; ///< opaque, for the next page; empty after the last one
};

/// MongoDB: what users chose and when they were last seen outlives Redis, and what happened to them
/// can be asked for. Its calls may be made from any thread; what they end with comes on that of
/// `context`, an object of it, and not at all when that is gone. Made and destroyed on the main
/// thread.
class Archive : public QObject
{
    Q_OBJECT
public:
    /// Writes from start() on. `redis` is for this alone, on the main thread.
    Archive(ArchiveConfig config, std::unique_ptr<Mongo> mongo, const redis::Deployment &redis,
            const redis::KeySpace &keys, const QByteArray &node);
    ~Archive() override;

    void start() { m_writer.start(); }
    void stop(std::function<void()> done) { m_writer.stop(std::move(done)); }
    /// Uses the credentials of Redis that hold now.
    void renewRedis() { m_redis.renew(); }
    /// Waits for what is under way; calls end with Unavailable from now on.
    void close();

    ArchiveState state() const { return m_writer.state(); }
    const ArchiveWriter &writer() const { return m_writer; }
    bool keepsHistory() const { return m_config.mongo.keepsHistory; }
    const ArchiveConfig &config() const { return m_config; }

    /// Nothing for a user that it does not know.
    void find(const UserId &user, QObject *context,
              Callback<std::optional<ArchivedUser>> done) const;

    /// Those whose id begins with `text`, at most `limit`.
    void findBeginning(const QByteArray &text, int limit, QObject *context,
                       Callback<std::vector<ArchivedUser>> done) const;

    /// `cursor`: HistoryPage::next of the page before, or empty. ErrorCode::Invalid: it is none.
    void history(HistoryQuery query, const QByteArray &cursor, QObject *context,
                 Callback<HistoryPage> done) const;

    /// Takes the user's state out of MongoDB, so that nobody gives it to Redis again.
    void forget(const UserId &user, QObject *context, Callback<void> done) const;
    /// Takes all that is known of a user up to `at` out of the change streams and MongoDB.
    void erase(const UserId &user, Ms at, QObject *context, Callback<void> done);

private:
    struct Waiting
    {
        UserId user;
        std::function<void(Result<std::optional<ArchivedUser>>)> done;
    };

    template <typename T>
    void run(QObject *context, std::function<Result<T>()> call, Callback<T> done) const;
    void findWaiting() const;
    void findPart(const std::vector<Waiting> &waiting, size_t from, size_t to) const;

    const ArchiveConfig m_config;
    std::unique_ptr<Mongo> m_mongo;
    redis::Client m_redis;
    ArchiveWriter m_writer;
    mutable QThreadPool m_threads; ///< for reading
    mutable std::atomic<int> m_calls = 0; ///< that wait for a thread, or have one
    mutable std::mutex m_mutex; ///< of m_waiting and m_isClosed
    bool m_isClosed = false;
    mutable std::vector<Waiting> m_waiting; ///< asked for, and read together
};

} // namespace presence::archive
