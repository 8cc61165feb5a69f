// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Inside of Mongo: libmongoc's objects, and what one connection does with them.
#pragma once

#include "server/archive/mongo.h"
#include "shared/core/logging.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <utility>

#include <mongoc/mongoc.h>

namespace presence::archive {

using namespace Qt::StringLiterals;

inline constexpr char kUsers[] = "presence_users";
inline constexpr char kHistory[] = "presence_history";
inline constexpr char kRejected[] = "presence_rejected";
inline constexpr char kErased[] = "presence_erased";

/// Longer than any change may wait in Redis.
inline constexpr std::chrono::hours kErasedKept(14 * 24);
inline constexpr int kDuplicateKey = 11000;
/// Updates of one command. FerretDB on SQLite does not end with a hundred of them.
inline constexpr size_t kUpdates = 50;

struct MongoDeleter
{
    void operator()(mongoc_uri_t *uri) const { mongoc_uri_destroy(uri); }
    void operator()(mongoc_collection_t *collection) const
    {
        mongoc_collection_destroy(collection);
    }
    void operator()(mongoc_cursor_t *cursor) const { mongoc_cursor_destroy(cursor); }
    void operator()(mongoc_bulk_operation_t *bulk) const { mongoc_bulk_operation_destroy(bulk); }
};

template <typename T>
using Owned = std::unique_ptr<T, MongoDeleter>;

/// A document. Not an Owned: the type has an alignment that a template would lose.
class Bson
{
public:
    explicit Bson(bson_t *document) : m_document(document) { }
    ~Bson() { bson_destroy(m_document); }
    Bson(Bson &&other) noexcept : m_document(std::exchange(other.m_document, nullptr)) { }
    Bson &operator=(Bson &&) = delete;
    Bson(const Bson &) = delete;
    Bson &operator=(const Bson &) = delete;

    bson_t *get() const { return m_document; }
    explicit operator bool() const { return m_document; }

private:
    bson_t *m_document;
};

/// What libmongoc fills in as its out parameter.
struct BsonReply
{
    bson_t bson = BSON_INITIALIZER;
    BsonReply() = default;
    ~BsonReply() { bson_destroy(&bson); }
    Q_DISABLE_COPY_MOVE(BsonReply)

    QJsonObject toJson() const
    {
        char *text = bson_as_relaxed_extended_json(&bson, nullptr);
        const QJsonObject object = QJsonDocument::fromJson(text ? text : "").object();
        bson_free(text);
        return object;
    }
};

inline Bson toBson(const QByteArray &json)
{
    bson_error_t error;
    Bson document(bson_new_from_json(reinterpret_cast<const uint8_t *>(json.constData()),
                                     json.size(), &error));
    if (!document)
        qCWarning(lcArchive) << "Not a document:" << error.message;
    return document;
}

inline Bson toBson(const QJsonObject &object)
{
    return toBson(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

inline QJsonObject dateOf(Ms moment)
{
    return {{"$date"_L1, QJsonObject{{"$numberLong"_L1, QString::number(qint64(moment.count()))}}}};
}

inline QJsonArray namesOf(const std::vector<UserId> &users)
{
    QJsonArray names;
    for (const UserId &user : users)
        names.append(QString::fromLatin1(user.bytes()));
    return names;
}

inline QString nameOf(const UserId &user)
{
    return QString::fromLatin1(user.bytes());
}

/// That the server refuses this document, and always will.
inline bool isForGood(int code)
{
    // BadValue, FailedToParse, TypeMismatch, InvalidLength, DollarPrefixedFieldName,
    // InvalidIdField, InvalidDBRef, EmptyFieldName, DottedFieldName, DocumentValidationFailure, and
    // three of a size that is not allowed.
    static constexpr std::array kCodes{2, 9, 14, 16, 52, 53, 55, 56, 57, 121, 10334, 17419, 17420};
    return std::ranges::find(kCodes, code) != kCodes.end();
}

/// That it refuses all for now, whatever the document is.
inline bool isOfTheServer(int code)
{
    // InternalError, as of a database that is locked, HostUnreachable, HostNotFound, Unauthorized,
    // AuthenticationFailed, LockTimeout, MaxTimeMSExpired, WriteConcernFailed, NetworkTimeout,
    // ShutdownInProgress, UnsatisfiableWriteConcern, WriteConflict, FailedToSatisfyReadPreference,
    // ExceededMemoryLimit, PrimarySteppedDown, ExceededTimeLimit,
    // QueryExceededMemoryLimitNoDiskUseAllowed, AtlasError, NotWritablePrimary,
    // InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk,
    // NotPrimaryOrSecondary, OutOfDiskSpace.
    static constexpr std::array kCodes{1,   6,    7,     13,    18,    24,    50,    64,
                                       89,  91,   100,   112,   133,   146,   189,   262,
                                       292, 8000, 10107, 11600, 11602, 13435, 13436, 14031};
    return std::ranges::find(kCodes, code) != kCodes.end();
}

inline Failure mongoError(const bson_error_t &error)
{
    return fail(ErrorCode::Unavailable, QString::fromUtf8(error.message));
}

/// Of a bulk: codes by position; empty when the server did not say which of them it refuses.
inline std::vector<std::pair<size_t, QJsonObject>> writeErrorsIn(const BsonReply &reply)
{
    std::vector<std::pair<size_t, QJsonObject>> errors;
    for (const QJsonValue &value : reply.toJson()["writeErrors"_L1].toArray())
        errors.emplace_back(size_t(value["index"_L1].toInteger()), value.toObject());
    return errors;
}

/// A connection for one call.
class MongoSession
{
public:
    MongoSession(mongoc_client_pool_t *pool, QByteArray database)
        : m_pool(pool), m_database(std::move(database)), m_client(mongoc_client_pool_pop(pool))
    {
    }
    ~MongoSession()
    {
        if (m_client)
            mongoc_client_pool_push(m_pool, m_client);
    }
    Q_DISABLE_COPY_MOVE(MongoSession)

    Owned<mongoc_collection_t> operator[](const char *name) const
    {
        return Owned<mongoc_collection_t>(
            mongoc_client_get_collection(m_client, m_database.constData(), name));
    }

    /// In text, since the order of its fields counts.
    Result<void> command(const QByteArray &command, int *code = nullptr) const
    {
        const auto bson = toBson(command);
        bson_error_t error{};
        if (mongoc_client_write_command_with_opts(m_client, m_database.constData(), bson.get(),
                                                  nullptr, nullptr, &error))
            return {};
        if (code)
            *code = static_cast<int>(error.code);
        return mongoError(error);
    }

    /// `options` in text, since the order of the fields of a sort counts.
    Result<std::vector<QJsonObject>> find(const char *collection, const QJsonObject &filter,
                                          const QByteArray &options = "{}") const
    {
        const auto bson = toBson(filter);
        const auto opts = toBson(options);
        const auto in = (*this)[collection];
        const Owned<mongoc_cursor_t> cursor(
            mongoc_collection_find_with_opts(in.get(), bson.get(), opts.get(), nullptr));
        std::vector<QJsonObject> found;
        const bson_t *document = nullptr;
        while (mongoc_cursor_next(cursor.get(), &document)) {
            char *text = bson_as_relaxed_extended_json(document, nullptr);
            found.push_back(QJsonDocument::fromJson(text).object());
            bson_free(text);
        }
        bson_error_t error{};
        if (mongoc_cursor_error(cursor.get(), &error))
            return mongoError(error);
        return found;
    }

    Result<void> remove(const char *collection, const QJsonObject &filter) const
    {
        const auto bson = toBson(filter);
        bson_error_t error{};
        if (mongoc_collection_delete_many((*this)[collection].get(), bson.get(), nullptr, nullptr,
                                          &error))
            return {};
        return mongoError(error);
    }

    /// Refused ones come back with the reason; duplicates were written before.
    Result<std::vector<Rejection>> write(const std::vector<Document> &documents, bool givesUp) const
    {
        std::vector<Rejection> rejections;
        m_givesUp = givesUp;
        for (const auto kind : {Document::Kind::User, Document::Kind::History}) {
            std::vector<const Document *> some;
            for (const Document &document : documents) {
                if (document.kind != kind)
                    continue;
                if (toBson(document.json))
                    some.push_back(&document);
                else
                    rejections.push_back({document, "no document"});
            }
            const size_t part = kind == Document::Kind::User ? kUpdates : some.size();
            for (size_t from = 0; from < some.size(); from += part) {
                const std::vector<const Document *> next(
                    some.begin() + qsizetype(from),
                    some.begin() + qsizetype(std::min(from + part, some.size())));
                if (const auto done = write(kind, next, rejections); !done)
                    return Failure(done.error());
            }
        }
        return rejections;
    }

private:
    static void add(mongoc_bulk_operation_t *bulk, const Document &document)
    {
        const auto bson = toBson(document.json);
        if (document.kind == Document::Kind::History)
            return mongoc_bulk_operation_insert(bulk, bson.get());
        const Bson selector(BCON_NEW("_id", BCON_UTF8(document.id.constData())));
        const Bson update(BCON_NEW("$max", "{", "presence", BCON_DOCUMENT(bson.get()), "}"));
        const Bson upsert(BCON_NEW("upsert", BCON_BOOL(true)));
        mongoc_bulk_operation_update_one_with_opts(bulk, selector.get(), update.get(), upsert.get(),
                                                   nullptr);
    }

    /// True, or how it failed as a whole; `errors` are those of single documents.
    bool run(Document::Kind kind, const std::vector<const Document *> &documents, BsonReply &reply,
             bson_error_t &error) const
    {
        const Bson unordered(BCON_NEW("ordered", BCON_BOOL(false)));
        const auto in = (*this)[kind == Document::Kind::User ? kUsers : kHistory];
        const Owned<mongoc_bulk_operation_t> bulk(
            mongoc_collection_create_bulk_operation_with_opts(in.get(), unordered.get()));
        for (const Document *document : documents)
            add(bulk.get(), *document);
        bson_destroy(&reply.bson);
        return mongoc_bulk_operation_execute(bulk.get(), &reply.bson, &error) != 0;
    }

    Result<void> write(Document::Kind kind, const std::vector<const Document *> &documents,
                       std::vector<Rejection> &rejections) const
    {
        if (documents.empty())
            return {};
        BsonReply reply;
        bson_error_t error{};
        if (run(kind, documents, reply, error))
            return {};
        if (error.domain != MONGOC_ERROR_SERVER && error.domain != MONGOC_ERROR_COMMAND
            && error.domain != MONGOC_ERROR_BSON)
            return mongoError(error);
        const auto refused = writeErrorsIn(reply);
        const bool isOneByOne = refused.empty() && documents.size() > 1;
        if (!isOneByOne && refused.empty())
            return one(*documents.front(), static_cast<int>(error.code), error.message, rejections);
        if (!isOneByOne) {
            for (const auto &[i, what] : refused) {
                const auto done = one(*documents.at(i), what["code"_L1].toInt(),
                                      what["errmsg"_L1].toString().toUtf8(), rejections);
                if (!done)
                    return done;
            }
            return {};
        }
        // It says of the whole what is wrong with one of them.
        for (const Document *document : documents) {
            if (const auto done = write(kind, {document}, rejections); !done)
                return done;
        }
        return {};
    }

    Result<void> one(const Document &document, int code, const QByteArray &reason,
                     std::vector<Rejection> &rejections) const
    {
        // Somebody else was first: with the same, or with another state of the user.
        if (code == kDuplicateKey && document.kind == Document::Kind::History)
            return {};
        if (code == kDuplicateKey)
            return again(document, rejections);
        if (!isForGood(code) && (!m_givesUp || isOfTheServer(code)))
            return fail(ErrorCode::Unavailable, QString::fromUtf8(reason));
        rejections.push_back({document, reason});
        return {};
    }

    Result<void> again(const Document &document, std::vector<Rejection> &rejections) const
    {
        constexpr int kAgain = 5;
        for (int i = 0; i < kAgain; ++i) {
            BsonReply reply;
            bson_error_t error{};
            if (run(document.kind, {&document}, reply, error))
                return {};
            const auto refused = writeErrorsIn(reply);
            const int code = refused.empty() ? static_cast<int>(error.code)
                                             : refused.front().second["code"_L1].toInt();
            if (code != kDuplicateKey)
                return one(document, code, error.message, rejections);
        }
        return fail(ErrorCode::Unavailable, u"a document is always written by another"_s);
    }

    mongoc_client_pool_t *m_pool;
    QByteArray m_database;
    mutable bool m_givesUp = false;
    mongoc_client_t *m_client;
};

} // namespace presence::archive
