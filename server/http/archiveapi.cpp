// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/archiveapi.h"

#include "server/http/isolation.h"
#include "shared/protocol/requests.h"

#include <QJsonArray>

namespace presence::http {

using namespace Qt::StringLiterals;

void ArchiveApi::addTo(Router &router)
{
    const auto bound = [this](auto handler) {
        return [this, handler](const ApiRequest &request, const Answer &answer) {
            m_services.metrics.httpRequests.Increment();
            (this->*handler)(request, answer);
        };
    };
    const QString user = u"/api/presence/users/<arg>"_s;
    router.add(user + u"/history"_s, "GET"_ba, bound(&ArchiveApi::getHistory));
    router.add(user, "DELETE"_ba, bound(&ArchiveApi::deleteUser));
}

/// Of the query: seconds since the epoch.
static Result<std::optional<archive::Ms>> moment(const ApiRequest &request, const QString &name)
{
    const auto given = queryItem(request, name);
    if (!given)
        return std::optional<archive::Ms>();
    bool ok = false;
    const qint64 seconds = given->toLongLong(&ok);
    constexpr qint64 kLatest = 253'402'300'799; // the last second of the year 9999
    if (!ok || seconds < 0 || seconds > kLatest)
        return fail(ErrorCode::Invalid, u"must be seconds since the epoch"_s, name);
    return std::optional(archive::Ms(seconds * 1000));
}

void ArchiveApi::getHistory(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    // It says where the user was, and what it said there.
    const bool isSelf = request.caller.isUser(*user);
    if (!isSelf
        && (request.caller.isIsolated()
            || (!request.caller.mayActFor(*user) && !request.caller.seesAll())))
        return answer(problem(forbidden()));
    if (!m_services.archive || !m_services.archive->keepsHistory())
        return answer(problem({ErrorCode::NotFound, u"no history is kept here"_s}));
    constexpr int kDefaultLimit = 100;
    const auto since = moment(request, u"since"_s);
    const auto until = moment(request, u"until"_s);
    const auto page = protocol::parsePage({.limit = queryItem(request, u"limit"_s)}, kDefaultLimit);
    if (!since || !until || !page)
        return answer(problem(!since ? since.error() : !until ? until.error() : page.error()));
    if (const auto may = request.payer.take(limits::Spending::Rows, page->limit); !may)
        return answer(problem(may.error()));
    const archive::HistoryQuery query{.user = *user,
                                      .since = *since,
                                      .until = *until,
                                      .isPublic = !request.caller.seesTruthOf(*user),
                                      .limit = page->limit,
                                      .after = {}};
    const auto toJson = [user = *user, namesActors = request.caller.seesTruth()](
                            const archive::HistoryPage &history) {
        QJsonArray rows;
        for (QJsonObject row : history.rows) {
            // Which operator it was is nothing for users.
            if (!namesActors && row.contains("by"_L1))
                row["by"_L1] = row["by"_L1].toString().section(u':', 0, 0);
            rows.append(row);
        }
        const QString next = QString::fromLatin1(history.next);
        return json(200,
                    QJsonObject{{"user_id"_L1, QString::fromLatin1(user.bytes())},
                                {"history"_L1, rows},
                                {"next"_L1, next.isEmpty() ? QJsonValue() : next}});
    };
    m_services.archive->history(query, queryItem(request, u"cursor"_s).value_or(QByteArray()),
                                &m_services.shard, answering<archive::HistoryPage>(answer, toJson));
}

void ArchiveApi::deleteUser(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    if (!request.caller.isAdmin)
        return answer(problem(forbidden()));
    ifSeen(m_services.reads, request, *user, answer,
           [this, user = *user, answer] { erase(user, answer); });
}

void ArchiveApi::erase(const UserId &user, const Answer &answer)
{
    const auto erased = [answer](const Result<void> &done) {
        answer(done ? noContent() : problem(done.error()));
    };
    const auto fromRedis
        = [this, user](const Callback<archive::Ms> &done) { m_services.eraser.erase(user, done); };
    if (!m_services.archive && m_services.eraser.isArchived())
        return answer(
            problem({ErrorCode::Unavailable, u"this node has no MONGODB_URI: ask one that has"_s}));
    if (!m_services.archive)
        return fromRedis([erased](const Result<archive::Ms> &at) {
            if (at)
                erased({});
            else
                erased(Failure(at.error()));
        });
    // MongoDB before and after: it would give back what Redis has forgotten, and nodes write it
    // still.
    auto &archive = *m_services.archive;
    QObject *shard = &m_services.shard;
    archive.forget(user, shard, [=, &archive](const Result<void> &forgotten) {
        if (!forgotten)
            return erased(forgotten);
        fromRedis([=, &archive](const Result<archive::Ms> &at) {
            if (at)
                archive.erase(user, *at, shard, erased);
            else
                erased(Failure(at.error()));
        });
    });
}

} // namespace presence::http
