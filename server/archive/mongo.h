// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"
#include "shared/core/strongid.h"

#include <QJsonObject>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace presence::archive {

using Ms = std::chrono::milliseconds; ///< since the epoch, by Redis' clock, where it is a moment

/// Where the archive is, and for how long it keeps what.
struct MongoConfig
{
    QByteArray uri; ///< mongodb:// or mongodb+srv://; its database is "presence" when it names none
    bool keepsHistory = true;
    std::chrono::seconds historyTtl{30 * 24 * 3600};
};

/// A document to be written, in MongoDB's extended JSON.
struct Document
{
    enum class Kind : quint8 {
        User, ///< of presence_users: replaces what is older
        History ///< of presence_history: written once
    };
    Kind kind = Kind::History;
    QByteArray id; ///< its _id
    UserId user;
    QByteArray json;
};

/// One that MongoDB refuses for good.
struct Rejection
{
    Document document;
    QByteArray reason;
};

/// Which part of a user's history: the newest first.
struct HistoryQuery
{
    UserId user;
    std::optional<Ms> since; ///< not older
    std::optional<Ms> until; ///< older
    bool isPublic = false; ///< only what others saw
    bool onlyStatuses = false; ///< no sessions
    int limit = 100;
    /// Of the last document of the page before: what comes after it.
    std::optional<std::pair<Ms, QByteArray>> after;
};

/// The databases' driver, and nothing of it outside: every call blocks until the server has
/// answered, or a few seconds. For all threads. ErrorCode::Unavailable: it is away, or refuses
/// everything; what was to be written may be written in part, and again without harm.
class Mongo
{
public:
    /// ErrorCode::Invalid: the URI is not one. Does not connect.
    static Result<std::unique_ptr<Mongo>> make(MongoConfig config);
    ~Mongo();
    Q_DISABLE_COPY_MOVE(Mongo)

    /// Makes the indexes.
    Result<void> prepare();
    Result<void> ping();

    /// Writes all, and takes out again what is of users who were erased since. Returns those that
    /// it refuses for good; with `givesUp` also those of which it does not say so, as long as it
    /// takes others.
    Result<std::vector<Rejection>> write(const std::vector<Document> &documents,
                                         bool givesUp = false);
    /// Keeps what was refused in presence_rejected.
    Result<void> reject(const std::vector<Rejection> &rejections);

    /// The documents of presence_users that are there, in any order.
    Result<std::vector<QJsonObject>> findUsers(const std::vector<UserId> &users);
    /// Those whose id begins with `text`, in the order of their ids, at most `limit`: by the index
    /// of _id, and for half a second at most.
    Result<std::vector<QJsonObject>> findUsersBeginning(const QByteArray &text, int limit);
    Result<std::vector<QJsonObject>> findHistory(const HistoryQuery &query);

    /// Takes the state of a user out.
    Result<void> forget(const UserId &user);
    /// Forgets a user, also what is written of it later though it happened before `at`.
    Result<void> erase(const UserId &user, Ms at);

    /// Deletes what is older than it is kept: not every server does it by a TTL index, or says that
    /// it does not.
    Result<void> purge(Ms now);

    const MongoConfig &config() const { return m_config; }
    QString server() const; ///< for logs: hosts, without user and password

private:
    struct Driver;
    Mongo(MongoConfig config, std::unique_ptr<Driver> driver);

    const MongoConfig m_config;
    std::unique_ptr<Driver> m_driver;
};

} // namespace presence::archive
