// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/archive.h"

#include "shared/core/logging.h"

namespace presence::archive {

using namespace Qt::StringLiterals;

static constexpr int kReaders = 4;
/// Calls that wait at most, of which each may take seconds.
static constexpr int kMaxCalls = 200;
/// Users that wait to be read, at most.
static constexpr size_t kMaxWaiting = 5'000;
/// Users that are read at once.
static constexpr size_t kMaxUsers = 500;

Archive::Archive(ArchiveConfig config, std::unique_ptr<Mongo> mongo, const redis::Deployment &redis,
                 const redis::KeySpace &keys, const QByteArray &node)
    : m_config(std::move(config)), m_mongo(std::move(mongo)), m_redis(redis, 1),
      m_writer(m_redis, keys, *m_mongo, node, m_config.maxAge, m_config.capacity)
{
    m_threads.setMaxThreadCount(kReaders);
}

Archive::~Archive()
{
    close();
}

void Archive::close()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_isClosed = true;
    }
    m_threads.waitForDone();
}

static Failure unavailable()
{
    return fail(ErrorCode::Unavailable, u"MongoDB is unavailable"_s);
}

/// Calls `done` on the thread of `context`, if that is still there.
template <typename T>
static std::function<void(Result<T>)> onThreadOf(QObject *context, Callback<T> done)
{
    return [context, done = std::move(done)](Result<T> result) {
        QMetaObject::invokeMethod(
            context, [done, result = std::move(result)]() mutable { done(std::move(result)); },
            Qt::QueuedConnection);
    };
}

/// Who asks is told no more than that; the log has the rest.
template <typename T>
static Result<T> forCallers(Result<T> result)
{
    if (result || result.error().code != ErrorCode::Unavailable)
        return result;
    qCInfo(lcArchive).noquote() << "MongoDB:" << result.error().detail;
    return unavailable();
}

template <typename T>
void Archive::run(QObject *context, std::function<Result<T>()> call, Callback<T> done) const
{
    auto finish = onThreadOf<T>(context, std::move(done));
    const std::scoped_lock lock(m_mutex);
    if (m_isClosed || m_calls >= kMaxCalls)
        return finish(unavailable());
    ++m_calls;
    m_threads.start([this, call = std::move(call), finish = std::move(finish)] {
        // One that failed has said how it is with all.
        bool isClosed = false;
        {
            const std::scoped_lock closing(m_mutex);
            isClosed = m_isClosed;
        }
        auto result = isClosed || !state().isAvailable ? Result<T>(unavailable()) : call();
        --m_calls;
        if (!result && result.error().code == ErrorCode::Unavailable && !isClosed)
            m_writer.suspect(result.error().detail);
        finish(forCallers(std::move(result)));
    });
}

void Archive::find(const UserId &user, QObject *context,
                   Callback<std::optional<ArchivedUser>> done) const
{
    auto finish = onThreadOf<std::optional<ArchivedUser>>(context, std::move(done));
    // Who asks has others waiting: not for what is known to be away.
    const bool isAvailable = state().isAvailable;
    const std::scoped_lock lock(m_mutex);
    if (m_isClosed || !isAvailable || m_waiting.size() >= kMaxWaiting)
        return finish(unavailable());
    m_waiting.push_back({user, std::move(finish)});
    if (m_waiting.size() == 1) // Else a thread is about to take them.
        m_threads.start([this] { findWaiting(); });
}

/// All that were asked for since the last time, together.
void Archive::findWaiting() const
{
    std::vector<Waiting> waiting;
    {
        const std::scoped_lock lock(m_mutex);
        waiting = std::exchange(m_waiting, {});
    }
    for (size_t from = 0; from < waiting.size(); from += kMaxUsers)
        findPart(waiting, from, std::min(from + kMaxUsers, waiting.size()));
}

void Archive::findPart(const std::vector<Waiting> &waiting, size_t from, size_t to) const
{
    std::vector<UserId> users;
    for (size_t i = from; i < to; ++i)
        users.push_back(waiting[i].user);
    // One that failed has said how it is with all.
    auto documents = state().isAvailable ? m_mongo->findUsers(users)
                                         : Result<std::vector<QJsonObject>>(unavailable());
    if (!documents)
        m_writer.suspect(documents.error().detail);
    QHash<QByteArray, ArchivedUser> found;
    for (const QJsonObject &document : documents.value_or(std::vector<QJsonObject>())) {
        if (auto user = toArchivedUser(document))
            found.insert(user->user.bytes(), *std::move(user));
    }
    for (size_t i = from; i < to; ++i) {
        const auto it = found.constFind(waiting[i].user.bytes());
        if (!documents)
            waiting[i].done(unavailable());
        else
            waiting[i].done(it == found.cend() ? std::nullopt : std::optional(*it));
    }
}

void Archive::findBeginning(const QByteArray &text, int limit, QObject *context,
                            Callback<std::vector<ArchivedUser>> done) const
{
    run<std::vector<ArchivedUser>>(
        context,
        [this, text, limit]() -> Result<std::vector<ArchivedUser>> {
            const auto documents = m_mongo->findUsersBeginning(text, limit);
            if (!documents)
                return Failure(documents.error());
            std::vector<ArchivedUser> users;
            for (const QJsonObject &document : *documents) {
                if (auto user = toArchivedUser(document))
                    users.push_back(*std::move(user));
            }
            return users;
        },
        std::move(done));
}

void Archive::forget(const UserId &user, QObject *context, Callback<void> done) const
{
    run<void>(
        context, [this, user] { return m_mongo->forget(user); }, std::move(done));
}

static QByteArray cursorAt(const QJsonObject &document)
{
    const QByteArray text = QByteArray::number(qint64(momentOf(document).count())) + ' '
        + document["_id"_L1].toString().toUtf8();
    return text.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

static Result<std::pair<Ms, QByteArray>> fromCursor(const QByteArray &cursor)
{
    const auto bytes = QByteArray::fromBase64Encoding(
        cursor, QByteArray::Base64UrlEncoding | QByteArray::AbortOnBase64DecodingErrors);
    const QByteArray decoded = bytes ? *bytes : QByteArray();
    const qsizetype space = decoded.indexOf(' ');
    bool ok = false;
    const qint64 at = space > 0 ? decoded.first(space).toLongLong(&ok) : 0;
    if (!ok)
        return fail(ErrorCode::Invalid, u"is not one that an answer had"_s, u"cursor"_s);
    return std::pair(Ms(at), decoded.sliced(space + 1));
}

void Archive::history(HistoryQuery query, const QByteArray &cursor, QObject *context,
                      Callback<HistoryPage> done) const
{
    if (!cursor.isEmpty()) {
        auto after = fromCursor(cursor);
        if (!after)
            return done(Failure(after.error()));
        query.after = *std::move(after);
    }
    const int limit = query.limit++; // one more: whether there is a next page
    run<HistoryPage>(
        context,
        [this, query, limit]() -> Result<HistoryPage> {
            const auto documents = m_mongo->findHistory(query);
            if (!documents)
                return Failure(documents.error());
            HistoryPage page;
            for (const QJsonObject &document : *documents) {
                if (page.rows.size() == size_t(limit)) {
                    page.next = cursorAt((*documents)[size_t(limit) - 1]);
                    break;
                }
                page.rows.push_back(toHistoryRow(document, query.isPublic));
            }
            return page;
        },
        std::move(done));
}

void Archive::erase(const UserId &user, Ms at, QObject *context, Callback<void> done)
{
    const auto finish = onThreadOf<void>(context, std::move(done));
    // First where it would come back to otherwise: what is written from now on is taken out again.
    // Then the streams, on the thread of their client.
    run<void>(
        this, [this, user, at] { return m_mongo->erase(user, at); },
        [this, user, finish](const Result<void> &erased) {
            if (erased)
                m_writer.changes().erase(user, finish);
            else
                finish(Failure(erased.error()));
        });
}

} // namespace presence::archive
