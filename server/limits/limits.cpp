// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/limits.h"

#include "server/limits/fairqueue.h"

namespace presence::limits {

using namespace Qt::StringLiterals;

QByteArray toName(Limit limit)
{
    static constexpr std::array<const char *, kLimits> kNames{"connection_messages",
                                                              "user_connections",
                                                              "user_requests",
                                                              "user_joins",
                                                              "user_rows",
                                                              "user_snapshots",
                                                              "user_changes",
                                                              "user_activity",
                                                              "user_messages",
                                                              "user_watched",
                                                              "user_unsent",
                                                              "user_reads",
                                                              "device_moves",
                                                              "address_connections",
                                                              "address_requests",
                                                              "address_joins",
                                                              "address_rows",
                                                              "address_snapshots",
                                                              "address_changes",
                                                              "address_activity",
                                                              "address_messages",
                                                              "address_accepts",
                                                              "address_unauthenticated",
                                                              "address_bodies",
                                                              "process_connections",
                                                              "process_memory"};
    return kNames[static_cast<size_t>(limit)];
}

namespace {

const QString kSlowDown = u"429 with Retry-After; slow_down with retry_after_ms"_s;
const QString kReadSlowly = u"read at that rate; after 10 s closed with 4501"_s;
constexpr qint64 kMiB = 1024 * 1024;

QString limited(Limit limit)
{
    return u"presence_limited_total{limit=\"%1\"}"_s.arg(QLatin1StringView(toName(limit)));
}

/// A row whose value is a Rate.
template <typename Get>
LimitRow rateRow(const char *variable, const char *whom, const QString &what, const QString &answer,
                 Limit limit, Get get)
{
    return {QString::fromLatin1(variable),
            QString::fromLatin1(whom),
            what,
            answer,
            limited(limit),
            [get](const Limits &l) { return get(const_cast<Limits &>(l)).toString(); },
            [get](Limits &l, const QString &text) {
                return Rate::parse(text).map([&](const Rate &rate) { get(l) = rate; });
            }};
}

/// A row whose value is a whole number of `unit`.
template <typename Get>
LimitRow countRow(const char *variable, const char *whom, const QString &what,
                  const QString &answer, Limit limit, Get get, qint64 most, qint64 unit = 1)
{
    return {QString::fromLatin1(variable),
            QString::fromLatin1(whom),
            what,
            answer,
            limited(limit),
            [get, unit](const Limits &l) {
                return QString::number(qint64(get(const_cast<Limits &>(l))) / unit);
            },
            [get, most, unit](Limits &l, const QString &text) -> Result<void> {
                bool ok = false;
                const qint64 value = text.toLongLong(&ok);
                if (!ok || value < 0 || value > most)
                    return fail(ErrorCode::Invalid,
                                u"must be a whole number from 0 to %1"_s.arg(most));
                get(l) = static_cast<std::decay_t<decltype(get(l))>>(value * unit);
                return {};
            }};
}

LimitRow fixedRow(const char *whom, const QString &what, const QString &value,
                  const QString &answer, const QString &metric)
{
    return {{},     QString::fromLatin1(whom),
            what,   answer,
            metric, [value](const Limits &) { return value; },
            {}};
}

struct SpendingRow
{
    Spending spending;
    const char *name;
    QString what;
    Limit ofUser;
    Limit ofAddress;
};

const std::array<SpendingRow, kSpendings> &spendings()
{
    using enum Limit;
    static const std::array<SpendingRow, kSpendings> rows{{
        {Spending::Requests, "REQUESTS", u"requests of REST, and connections opened"_s,
         UserRequests, AddressRequests},
        {Spending::Joins, "JOINS", u"joins of topics"_s, UserJoins, AddressJoins},
        {Spending::Rows, "ROWS", u"users read: each of a bulk, of a page, of a list to watch"_s,
         UserRows, AddressRows},
        {Spending::Snapshots, "SNAPSHOTS", u"KiB of the snapshots that topics begin with"_s,
         UserSnapshots, AddressSnapshots},
        {Spending::Changes, "CHANGES", u"changes of a status"_s, UserChanges, AddressChanges},
        {Spending::Activity, "ACTIVITY",
         u"typing, channels entered and left, idle and active, heartbeats by REST"_s, UserActivity,
         AddressActivity},
        {Spending::Messages, "MESSAGES",
         u"messages of WebSockets and long polling, counted as those of a connection"_s,
         UserMessages, AddressMessages},
    }};
    return rows;
}

QString answerTo(Spending what)
{
    return what == Spending::Messages ? kReadSlowly : kSlowDown;
}

QList<LimitRow> ofConnections()
{
    const QString malformed = u"presence_protocol_errors_total"_s;
    const QString faults = u"presence_request_faults_total"_s;
    return {
        rateRow(
            "LIMIT_CONNECTION_MESSAGES", "connection",
            u"messages of a WebSocket or a long-polling session; each 4 KiB and each 16 frames count as one more"_s,
            kReadSlowly, Limit::ConnectionMessages,
            [](Limits &l) -> Rate & { return l.connectionMessages; }),
        fixedRow("connection", u"topics joined"_s, QString::number(kMaxTopicsPerSocket),
                 u"reply too many topics"_s, {}),
        fixedRow("connection", u"users watched"_s, QString::number(kMaxWatched),
                 u"reply watching too many users"_s, {}),
        fixedRow("connection", u"channels that a device looks at"_s,
                 QString::number(kMaxViewedChannels), u"reply too many channels"_s, {}),
        fixedRow("connection", u"bytes of a message"_s, QString::number(kMaxMessage),
                 u"closed with 1009"_s, malformed),
        fixedRow("connection", u"unsent bytes"_s, QString::number(kMaxOutbox),
                 u"superseded messages are dropped, then closed with 4500"_s,
                 u"presence_slow_consumers_total"_s),
        fixedRow("connection", u"bytes of a request target, of a head, of a body"_s,
                 u"%1, %2, %3"_s.arg(kMaxRequestTarget).arg(kMaxRequestHead).arg(kMaxRequestBody),
                 u"414, 431, 413"_s, faults),
        fixedRow("connection", u"seconds for a request, between requests, for a message"_s,
                 u"%1, %2, %3"_s.arg(kRequestDeadline.count())
                     .arg(kKeepAliveIdle.count())
                     .arg(kMessageDeadline.count()),
                 u"408, closed, closed with 1008"_s, faults),
    };
}

QList<LimitRow> ofUsers()
{
    QList<LimitRow> rows;
    for (const SpendingRow &row : spendings())
        rows.append(rateRow(("LIMIT_USER_"_ba + row.name).constData(), "user", row.what,
                            answerTo(row.spending), row.ofUser,
                            [spending = row.spending](Limits &l) -> Rate & {
                                return l.user[static_cast<size_t>(spending)];
                            }));
    rows += {
        countRow(
            "LIMIT_USER_CONNECTIONS", "user", u"WebSockets and long-polling sessions"_s,
            u"429 with Retry-After"_s, Limit::UserConnections,
            [](Limits &l) -> int & { return l.userConnections; }, 1'000'000),
        countRow(
            "LIMIT_USER_WATCHED", "user", u"users watched, by all connections"_s,
            u"reply watching too many users"_s, Limit::UserWatched,
            [](Limits &l) -> int & { return l.userWatched; }, 10'000'000),
        countRow(
            "LIMIT_USER_UNSENT", "user", u"MiB unsent, of all connections"_s,
            u"superseded messages are dropped, then the connection is closed with 4500"_s,
            Limit::UserUnsent, [](Limits &l) -> qint64 & { return l.userUnsent; }, 1'000'000, kMiB),
        rateRow("LIMIT_DEVICE_MOVES", "device", u"changes of the workspace"_s, kSlowDown,
                Limit::DeviceMoves, [](Limits &l) -> Rate & { return l.deviceMoves; }),
        fixedRow("user", u"rows that wait to be read, a shard"_s,
                 QString::number(FairQueue::kMaxWaiting), kSlowDown, limited(Limit::UserReads)),
        fixedRow("user", u"devices that are live"_s, u"100"_s, u"429; reply too many devices"_s,
                 {}),
    };
    return rows;
}

QList<LimitRow> ofAddresses()
{
    QList<LimitRow> rows;
    for (const SpendingRow &row : spendings())
        rows.append(rateRow(("LIMIT_ADDRESS_"_ba + row.name).constData(), "address", row.what,
                            answerTo(row.spending), row.ofAddress,
                            [spending = row.spending](Limits &l) -> Rate & {
                                return l.address[static_cast<size_t>(spending)];
                            }));
    rows += {
        rateRow("LIMIT_ADDRESS_UNAUTHENTICATED", "address", u"requests without a valid token"_s,
                u"429 with Retry-After, closed"_s, Limit::AddressUnauthenticated,
                [](Limits &l) -> Rate & { return l.addressUnauthenticated; }),
        rateRow("LIMIT_ADDRESS_ACCEPTS", "address", u"new connections"_s, u"503 with Retry-After"_s,
                Limit::AddressAccepts, [](Limits &l) -> Rate & { return l.addressAccepts; }),
        countRow(
            "LIMIT_ADDRESS_CONNECTIONS", "address",
            u"connections; 0 for half of those of the process"_s, u"503 with Retry-After"_s,
            Limit::AddressConnections, [](Limits &l) -> int & { return l.addressConnections; },
            1'000'000),
        countRow(
            "LIMIT_ADDRESS_BODIES", "address", u"MiB of bodies that are being received"_s,
            u"429 with Retry-After"_s, Limit::AddressBodies,
            [](Limits &l) -> qint64 & { return l.addressBodies; }, 1'000'000, kMiB),
    };
    return rows;
}

QList<LimitRow> ofProcess()
{
    const QString full = u"idle HTTP connections are closed first, then 503 with Retry-After"_s;
    return {
        countRow(
            "LIMIT_CONNECTIONS", "process",
            u"connections; 0 for as many as there are file descriptors for"_s, full,
            Limit::ProcessConnections, [](Limits &l) -> int & { return l.connections; },
            10'000'000),
        countRow(
            "LIMIT_MEMORY", "process",
            u"MiB of memory; 0 for four fifths of what the machine or container has"_s,
            u"idle HTTP connections are closed, the largest outboxes with 4500; then 503 with Retry-After"_s,
            Limit::ProcessMemory, [](Limits &l) -> qint64 & { return l.memory; }, 100'000'000,
            kMiB),
    };
}

} // namespace

const QList<LimitRow> &limitTable()
{
    static const QList<LimitRow> table = ofConnections() + ofUsers() + ofAddresses() + ofProcess();
    return table;
}

} // namespace presence::limits
