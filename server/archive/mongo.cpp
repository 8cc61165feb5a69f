// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/mongo.h"

#include "shared/core/logging.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <set>

#include <mongoc/mongoc.h>
#include <sys/mman.h>

/// As soon as it is loaded, libmongoc makes a shared memory for counters, with the process' id as
/// its name. A process that is killed leaves it, and the next of that id warns of it on stderr.
/// Nobody reads them, so it gets one without a name.
extern "C" int shm_open(const char *, int, mode_t)
{
    return memfd_create("mongoc", MFD_CLOEXEC);
}

namespace presence::archive {

using namespace Qt::StringLiterals;

static constexpr char kUsers[] = "presence_users";
static constexpr char kHistory[] = "presence_history";
static constexpr char kRejected[] = "presence_rejected";
static constexpr char kErased[] = "presence_erased";

/// Longer than any change may wait in Redis.
static constexpr std::chrono::hours kErasedKept(14 * 24);
static constexpr int kDuplicateKey = 11000;
/// Updates of one command. FerretDB on SQLite does not end with a hundred of them.
static constexpr size_t kUpdates = 50;

namespace {

struct Deleter
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
using Owned = std::unique_ptr<T, Deleter>;

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
struct Reply
{
    bson_t bson = BSON_INITIALIZER;
    Reply() = default;
    ~Reply() { bson_destroy(&bson); }
    Q_DISABLE_COPY_MOVE(Reply)

    QJsonObject toJson() const
    {
        char *text = bson_as_relaxed_extended_json(&bson, nullptr);
        const QJsonObject object = QJsonDocument::fromJson(text ? text : "").object();
        bson_free(text);
        return object;
    }
};

Bson toBson(const QByteArray &json)
{
    bson_error_t error;
    Bson document(bson_new_from_json(reinterpret_cast<const uint8_t *>(json.constData()),
                                     json.size(), &error));
    if (!document)
        qCWarning(lcArchive) << "Not a document:" << error.message;
    return document;
}

Bson toBson(const QJsonObject &object)
{
    return toBson(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

QJsonObject dateOf(Ms moment)
{
    return {{"$date"_L1, QJsonObject{{"$numberLong"_L1, QString::number(qint64(moment.count()))}}}};
}

QJsonArray namesOf(const std::vector<UserId> &users)
{
    QJsonArray names;
    for (const UserId &user : users)
        names.append(QString::fromLatin1(user.bytes()));
    return names;
}

QString nameOf(const UserId &user)
{
    return QString::fromLatin1(user.bytes());
}

/// That the server refuses this document, and always will.
bool isForGood(int code)
{
    // BadValue, FailedToParse, TypeMismatch, InvalidLength, DollarPrefixedFieldName,
    // InvalidIdField, InvalidDBRef, EmptyFieldName, DottedFieldName, DocumentValidationFailure, and
    // three of a size that is not allowed.
    static constexpr std::array kCodes{2, 9, 14, 16, 52, 53, 55, 56, 57, 121, 10334, 17419, 17420};
    return std::ranges::find(kCodes, code) != kCodes.end();
}

/// That it refuses all for now, whatever the document is.
bool isOfTheServer(int code)
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

Failure unavailable(const bson_error_t &error)
{
    return fail(ErrorCode::Unavailable, QString::fromUtf8(error.message));
}

/// Of a bulk: codes by position; empty when the server did not say which of them it refuses.
std::vector<std::pair<size_t, QJsonObject>> writeErrorsIn(const Reply &reply)
{
    std::vector<std::pair<size_t, QJsonObject>> errors;
    for (const QJsonValue &value : reply.toJson()["writeErrors"_L1].toArray())
        errors.emplace_back(size_t(value["index"_L1].toInteger()), value.toObject());
    return errors;
}

} // namespace

struct Mongo::Driver
{
    mongoc_client_pool_t *pool = nullptr;
    QByteArray database;
    QString hosts;
    std::atomic<bool> purgesItself = false; ///< the server has no TTL indexes

    ~Driver()
    {
        if (pool)
            mongoc_client_pool_destroy(pool);
    }
};

namespace {

/// A connection for one call.
class Session
{
public:
    Session(mongoc_client_pool_t *pool, QByteArray database)
        : m_pool(pool), m_database(std::move(database)), m_client(mongoc_client_pool_pop(pool))
    {
    }
    ~Session()
    {
        if (m_client)
            mongoc_client_pool_push(m_pool, m_client);
    }
    Q_DISABLE_COPY_MOVE(Session)

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
        return unavailable(error);
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
            return unavailable(error);
        return found;
    }

    Result<void> remove(const char *collection, const QJsonObject &filter) const
    {
        const auto bson = toBson(filter);
        bson_error_t error{};
        if (mongoc_collection_delete_many((*this)[collection].get(), bson.get(), nullptr, nullptr,
                                          &error))
            return {};
        return unavailable(error);
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
    bool run(Document::Kind kind, const std::vector<const Document *> &documents, Reply &reply,
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
        Reply reply;
        bson_error_t error{};
        if (run(kind, documents, reply, error))
            return {};
        if (error.domain != MONGOC_ERROR_SERVER && error.domain != MONGOC_ERROR_COMMAND
            && error.domain != MONGOC_ERROR_BSON)
            return unavailable(error);
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
        constexpr int kTries = 5;
        for (int i = 0; i < kTries; ++i) {
            Reply reply;
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

void setDefault(mongoc_uri_t *uri, const char *option, int value)
{
    if (!mongoc_uri_has_option(uri, option))
        mongoc_uri_set_option_as_int32(uri, option, value);
}

QString hostsOf(const mongoc_uri_t *uri)
{
    QStringList hosts;
    for (const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri); host; host = host->next)
        hosts.append(QString::fromUtf8(host->host_and_port));
    return hosts.isEmpty() ? u"the servers of its SRV record"_s : hosts.join(u", "_s);
}

void logMongo(mongoc_log_level_t level, const char *domain, const char *message, void *)
{
    if (level <= MONGOC_LOG_LEVEL_WARNING)
        qCDebug(lcArchive).noquote() << domain << message;
}

} // namespace

Result<std::unique_ptr<Mongo>> Mongo::make(MongoConfig config)
{
    static std::once_flag once;
    std::call_once(once, [] {
        mongoc_init();
        mongoc_log_set_handler(&logMongo, nullptr);
    });
    bson_error_t error{};
    const Owned<mongoc_uri_t> uri(mongoc_uri_new_with_error(config.uri.constData(), &error));
    if (!uri)
        return fail(ErrorCode::Invalid, QString::fromUtf8(error.message));
    // Nothing here may wait for long: what cannot be written now is written later.
    setDefault(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 2'000);
    setDefault(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS, 2'000);
    setDefault(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS, 10'000);
    setDefault(uri.get(), MONGOC_URI_HEARTBEATFREQUENCYMS, 5'000);
    if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_W)) {
        mongoc_write_concern_t *majority = mongoc_write_concern_new();
        mongoc_write_concern_set_wmajority(majority, 0);
        mongoc_uri_set_write_concern(uri.get(), majority);
        mongoc_write_concern_destroy(majority);
    }
    mongoc_uri_set_appname(uri.get(), "presenced");
    auto driver = std::make_unique<Driver>();
    driver->pool = mongoc_client_pool_new_with_error(uri.get(), &error);
    if (!driver->pool)
        return fail(ErrorCode::Invalid, QString::fromUtf8(error.message));
    mongoc_client_pool_set_error_api(driver->pool, MONGOC_ERROR_API_VERSION_2);
    const char *database = mongoc_uri_get_database(uri.get());
    driver->database = database ? database : "presence";
    driver->hosts = hostsOf(uri.get());
    return std::unique_ptr<Mongo>(new Mongo(std::move(config), std::move(driver)));
}

Mongo::Mongo(MongoConfig config, std::unique_ptr<Driver> driver)
    : m_config(std::move(config)), m_driver(std::move(driver))
{
}

Mongo::~Mongo() = default;

QString Mongo::server() const
{
    return m_driver->hosts;
}

static QByteArray indexCommand(const char *collection, const QByteArray &index)
{
    return QByteArray(R"({"createIndexes":")") + collection + R"(","indexes":[)" + index + "]}";
}

static QByteArray ttlIndex(std::chrono::seconds ttl)
{
    return R"({"key":{"at":1},"name":"at_1","expireAfterSeconds":)"
        + QByteArray::number(qint64(ttl.count())) + '}';
}

Result<void> Mongo::prepare()
{
    const Session session(m_driver->pool, m_driver->database);
    const auto made = session.command(indexCommand(
        kHistory, R"({"key":{"user_id":1,"at":-1,"_id":-1},"name":"user_id_1_at_-1__id_-1"})"));
    if (!made)
        return made;
    const std::array<std::pair<const char *, std::chrono::seconds>, 3> kept{
        {{kHistory, m_config.historyTtl},
         {kRejected, m_config.historyTtl},
         {kErased, kErasedKept}}};
    for (const auto &[collection, ttl] : kept) {
        int code = 0;
        const auto done = session.command(indexCommand(collection, ttlIndex(ttl)), &code);
        constexpr int kOptionsConflict = 85;
        constexpr int kNotImplemented = 238;
        if (!done && code == kOptionsConflict) {
            const auto changed = session.command(QByteArray(R"({"collMod":")") + collection
                                                 + R"(","index":)" + ttlIndex(ttl) + '}');
            if (!changed)
                return changed;
        } else if (!done && (code == kNotImplemented || code == 2 || code == 115)) {
            m_driver->purgesItself = true;
        } else if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> Mongo::ping()
{
    const Session session(m_driver->pool, m_driver->database);
    return session.command(R"({"ping":1})");
}

Result<std::vector<Rejection>> Mongo::write(const std::vector<Document> &documents, bool givesUp)
{
    const Session session(m_driver->pool, m_driver->database);
    auto rejections = session.write(documents, givesUp);
    if (!rejections)
        return rejections;
    std::set<QByteArray> seen;
    std::vector<UserId> users;
    for (const Document &document : documents) {
        if (seen.insert(document.user.bytes()).second)
            users.push_back(document.user);
    }
    const auto erased
        = session.find(kErased, {{"_id"_L1, QJsonObject{{"$in"_L1, namesOf(users)}}}});
    if (!erased)
        return Failure(erased.error());
    for (const QJsonObject &tombstone : *erased) {
        const QJsonObject until{{"$lte"_L1, tombstone["at"_L1]}};
        const auto history
            = session.remove(kHistory, {{"user_id"_L1, tombstone["_id"_L1]}, {"at"_L1, until}});
        const auto user
            = session.remove(kUsers, {{"_id"_L1, tombstone["_id"_L1]}, {"presence.at"_L1, until}});
        if (!history || !user)
            return Failure((history ? user : history).error());
    }
    return rejections;
}

Result<void> Mongo::reject(const std::vector<Rejection> &rejections)
{
    const Session session(m_driver->pool, m_driver->database);
    const auto collection = session[kRejected];
    const Ms now = std::chrono::floor<Ms>(std::chrono::system_clock::now().time_since_epoch());
    for (const auto &[document, reason] : rejections) {
        const auto bson
            = toBson(QJsonObject{{"user_id"_L1, nameOf(document.user)},
                                 {"at"_L1, dateOf(now)},
                                 {"document_id"_L1, QString::fromUtf8(document.id)},
                                 {"reason"_L1, QString::fromUtf8(reason)},
                                 {"document"_L1, QString::fromUtf8(document.json.left(10'000))}});
        const Bson selector(BCON_NEW("_id", BCON_UTF8(document.id.constData())));
        const Bson update(BCON_NEW("$set", BCON_DOCUMENT(bson.get())));
        const Bson upsert(BCON_NEW("upsert", BCON_BOOL(true)));
        bson_error_t error{};
        if (!mongoc_collection_update_one(collection.get(), selector.get(), update.get(),
                                          upsert.get(), nullptr, &error))
            return unavailable(error);
    }
    return {};
}

Result<std::vector<QJsonObject>> Mongo::findUsers(const std::vector<UserId> &users)
{
    const Session session(m_driver->pool, m_driver->database);
    // Some servers find a single one much faster like this.
    if (users.size() == 1)
        return session.find(kUsers, {{"_id"_L1, nameOf(users.front())}});
    return session.find(kUsers, {{"_id"_L1, QJsonObject{{"$in"_L1, namesOf(users)}}}});
}

Result<std::vector<QJsonObject>> Mongo::findHistory(const HistoryQuery &query)
{
    QJsonObject filter{{"user_id"_L1, nameOf(query.user)}};
    QJsonObject time;
    if (query.since)
        time["$gte"_L1] = dateOf(*query.since);
    if (query.until)
        time["$lt"_L1] = dateOf(*query.until);
    if (!time.isEmpty())
        filter["at"_L1] = time;
    if (query.onlyStatuses)
        filter["type"_L1] = "status"_L1;
    if (query.isPublic)
        filter["public"_L1] = true;
    if (query.after) {
        const auto &[at, id] = *query.after;
        const QJsonObject older{{"at"_L1, QJsonObject{{"$lt"_L1, dateOf(at)}}}};
        const QJsonObject same{{"at"_L1, dateOf(at)},
                               {"_id"_L1, QJsonObject{{"$lt"_L1, QString::fromUtf8(id)}}}};
        filter["$or"_L1] = QJsonArray{older, same};
    }
    const Session session(m_driver->pool, m_driver->database);
    return session.find(kHistory, filter,
                        R"({"sort":{"at":-1,"_id":-1},"limit":)" + QByteArray::number(query.limit)
                            + '}');
}

Result<void> Mongo::forget(const UserId &user)
{
    const Session session(m_driver->pool, m_driver->database);
    return session.remove(kUsers, {{"_id"_L1, nameOf(user)}});
}

Result<void> Mongo::erase(const UserId &user, Ms at)
{
    const Session session(m_driver->pool, m_driver->database);
    const Bson selector(BCON_NEW("_id", BCON_UTF8(user.bytes().constData())));
    const Bson update(BCON_NEW("$max", "{", "at", BCON_DATE_TIME(at.count()), "}"));
    const Bson upsert(BCON_NEW("upsert", BCON_BOOL(true)));
    bson_error_t error{};
    // First: whoever writes of the user from now on finds it.
    if (!mongoc_collection_update_one(session[kErased].get(), selector.get(), update.get(),
                                      upsert.get(), nullptr, &error))
        return unavailable(error);
    const QJsonObject until{{"$lte"_L1, dateOf(at)}};
    if (const auto done
        = session.remove(kUsers, {{"_id"_L1, nameOf(user)}, {"presence.at"_L1, until}});
        !done)
        return done;
    if (const auto done = session.remove(kRejected, {{"user_id"_L1, nameOf(user)}}); !done)
        return done;
    return session.remove(kHistory, {{"user_id"_L1, nameOf(user)}, {"at"_L1, until}});
}

Result<void> Mongo::purge(Ms now)
{
    if (!m_driver->purgesItself)
        return {};
    const Session session(m_driver->pool, m_driver->database);
    const auto older = [now](std::chrono::seconds ttl) {
        return QJsonObject{{"at"_L1, QJsonObject{{"$lt"_L1, dateOf(now - ttl)}}}};
    };
    for (const char *collection : {kHistory, kRejected}) {
        if (const auto done = session.remove(collection, older(m_config.historyTtl)); !done)
            return done;
    }
    return session.remove(kErased, older(kErasedKept));
}

} // namespace presence::archive
