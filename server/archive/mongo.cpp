// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/mongo.h"

#include "server/archive/mongosession.h"

#include <mutex>
#include <set>

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

struct Mongo::Driver
{
    mongoc_client_pool_t *pool = nullptr;
    QByteArray database;
    QString hosts;

    ~Driver()
    {
        if (pool)
            mongoc_client_pool_destroy(pool);
    }
};

namespace {

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
    const MongoSession session(m_driver->pool, m_driver->database);
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
        // From servers that have no TTL indexes: purge() is for them.
        constexpr std::array kUnsupported{2, 115, 238};
        if (!done && code == kOptionsConflict) {
            const auto changed = session.command(QByteArray(R"({"collMod":")") + collection
                                                 + R"(","index":)" + ttlIndex(ttl) + '}');
            if (!changed)
                return changed;
        } else if (!done && std::ranges::find(kUnsupported, code) == kUnsupported.end()) {
            return done;
        }
    }
    return {};
}

Result<void> Mongo::ping()
{
    const MongoSession session(m_driver->pool, m_driver->database);
    return session.command(R"({"ping":1})");
}

Result<std::vector<Rejection>> Mongo::write(const std::vector<Document> &documents, bool givesUp)
{
    const MongoSession session(m_driver->pool, m_driver->database);
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
    const MongoSession session(m_driver->pool, m_driver->database);
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
            return mongoError(error);
    }
    return {};
}

Result<std::vector<QJsonObject>> Mongo::findUsers(const std::vector<UserId> &users)
{
    const MongoSession session(m_driver->pool, m_driver->database);
    // Some servers find a single one much faster like this.
    if (users.size() == 1)
        return session.find(kUsers, {{"_id"_L1, nameOf(users.front())}});
    return session.find(kUsers, {{"_id"_L1, QJsonObject{{"$in"_L1, namesOf(users)}}}});
}

Result<std::vector<QJsonObject>> Mongo::findUsersBeginning(const QByteArray &text, int limit)
{
    // Behind the last character there is, no id goes on.
    static const QString kLast = QString::fromUcs4(U"\U0010FFFF", 1);
    const QString first = QString::fromUtf8(text);
    const MongoSession session(m_driver->pool, m_driver->database);
    return session.find(
        kUsers, {{"_id"_L1, QJsonObject{{"$gte"_L1, first}, {"$lt"_L1, first + kLast}}}},
        R"({"sort":{"_id":1},"maxTimeMS":500,"limit":)" + QByteArray::number(limit) + '}');
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
    const MongoSession session(m_driver->pool, m_driver->database);
    return session.find(kHistory, filter,
                        R"({"sort":{"at":-1,"_id":-1},"limit":)" + QByteArray::number(query.limit)
                            + '}');
}

Result<void> Mongo::forget(const UserId &user)
{
    const MongoSession session(m_driver->pool, m_driver->database);
    return session.remove(kUsers, {{"_id"_L1, nameOf(user)}});
}

Result<void> Mongo::erase(const UserId &user, Ms at)
{
    const MongoSession session(m_driver->pool, m_driver->database);
    const Bson selector(BCON_NEW("_id", BCON_UTF8(user.bytes().constData())));
    const Bson update(BCON_NEW("$max", "{", "at", BCON_DATE_TIME(at.count()), "}"));
    const Bson upsert(BCON_NEW("upsert", BCON_BOOL(true)));
    bson_error_t error{};
    // First: whoever writes of the user from now on finds it.
    if (!mongoc_collection_update_one(session[kErased].get(), selector.get(), update.get(),
                                      upsert.get(), nullptr, &error))
        return mongoError(error);
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
    const MongoSession session(m_driver->pool, m_driver->database);
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
