// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/presenceapi.h"

#include "server/http/isolation.h"
#include "server/presence/noderegistry.h"
#include "shared/core/logging.h"
#include "shared/protocol/limits.h"
#include "shared/protocol/presencejson.h"
#include "shared/protocol/requests.h"

#include <QJsonArray>

namespace presence::http {

using namespace Qt::StringLiterals;
using rules::UserTransition;
using transport::HttpResponse;

void PresenceApi::addTo(Router &router)
{
    const auto bound = [this](auto handler) {
        return [this, handler](const ApiRequest &request, Answer answer) {
            m_services.metrics.httpRequests.Increment();
            (this->*handler)(request, std::move(answer));
        };
    };
    const auto open = [this](auto handler) {
        return [this, handler](const Asking &caller, const Answer &answer) {
            (this->*handler)(caller, answer);
        };
    };
    const QString user = u"/api/presence/users/<arg>"_s;
    const QString channel = u"/api/presence/channel/<arg>"_s;
    router.add(user, "GET"_ba, bound(&PresenceApi::getUser));
    router.add(user + u"/status"_s, "PUT"_ba, bound(&PresenceApi::putStatus));
    router.add(user + u"/status"_s, "DELETE"_ba, bound(&PresenceApi::deleteStatus));
    router.add(user + u"/devices"_s, "DELETE"_ba, bound(&PresenceApi::deleteDevices));
    router.add(user + u"/devices/<arg>"_s, "DELETE"_ba, bound(&PresenceApi::deleteDevice));
    router.add(u"/api/presence/heartbeat"_s, "POST"_ba, bound(&PresenceApi::postHeartbeat));
    router.add(u"/api/presence/workspace/<arg>/online"_s, "GET"_ba, bound(&PresenceApi::getOnline));
    router.add(u"/api/presence/bulk"_s, "POST"_ba, bound(&PresenceApi::postBulk));
    router.add(channel + u"/viewers"_s, "GET"_ba, bound(&PresenceApi::getViewers));
    router.add(channel + u"/typing"_s, "GET"_ba, bound(&PresenceApi::getTyping));
    router.add(u"/api/presence/nodes"_s, "GET"_ba, bound(&PresenceApi::getNodes));
    router.addOpen(u"/health"_s, open(&PresenceApi::getHealth));
    router.addProbe(u"/health/ready"_s, [this](const Answer &answer) { getReady(answer); });
    router.addProbe(u"/health/live"_s, [](const Answer &answer) {
        answer(json(200, QJsonObject{{"status"_L1, "alive"_L1}}));
    });
    router.addOpen(u"/metrics"_s, open(&PresenceApi::getMetrics));
}

void PresenceApi::getUser(const ApiRequest &request, Answer answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    m_services.reads.getPresence(
        request.payer, *user, request.caller.sight(),
        answering<UserPresence>(std::move(answer), [](const UserPresence &presence) {
            return json(200, protocol::toBytes(presence));
        }));
}

/// The answer to a change of `user`'s status: the user as the caller sees it now.
static Callback<UserTransition> thenShow(rules::PresenceTracker &tracker, const Sight &sight,
                                         UserId user, Answer answer)
{
    return [&tracker, sight, user, answer = std::move(answer)](Result<UserTransition> transition) {
        if (!transition)
            return answer(problem(transition.error()));
        const auto toJson = [sight](const UserPresence &presence) {
            return json(200, protocol::toBytes(sight.seen(presence)));
        };
        tracker.getPresence(user, sight.viewerOf(user), answering<UserPresence>(answer, toJson));
    };
}

static rules::Origin originOf(const auth::Caller &caller, const UserId &user)
{
    return {.by = caller.asActorFor(user), .session = {}, .device = {}};
}

void PresenceApi::putStatus(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    if (!request.caller.mayActFor(*user))
        return answer(problem(forbidden()));
    const auto change = protocol::parseStatusChange(request.body);
    if (!change)
        return answer(problem(change.error()));
    ifSeen(m_services.reads, request, *user, answer,
           [this, user = *user, change = *change, caller = request.caller, payer = request.payer,
            answer] {
               if (const auto may = payer.takeChange(user, caller.isAdmin); !may)
                   return answer(problem(may.error()));
               const Sight sight = caller.sight();
               m_services.tracker.setStatus(user, change,
                                            thenShow(m_services.tracker, sight, user, answer),
                                            originOf(caller, user));
           });
}

void PresenceApi::deleteStatus(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    if (!request.caller.mayActFor(*user))
        return answer(problem(forbidden()));
    ifSeen(m_services.reads, request, *user, answer,
           [this, user = *user, caller = request.caller, payer = request.payer, answer] {
               if (const auto may = payer.takeChange(user, caller.isAdmin); !may)
                   return answer(problem(may.error()));
               const Sight sight = caller.sight();
               m_services.tracker.clearStatus(
                   user, thenShow(m_services.tracker, sight, user, answer), originOf(caller, user));
           });
}

void PresenceApi::deleteDevice(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    const auto device = argument<DeviceId>(request, 1, "device_id"_L1);
    if (!device)
        return answer(problem(device.error()));
    if (!request.caller.mayActFor(*user))
        return answer(problem(forbidden()));
    if (const auto may = request.payer.take(limits::Spending::Activity); !may)
        return answer(problem(may.error()));
    ifSeen(m_services.reads, request, *user, answer,
           [this, user = *user, device = *device, by = request.caller.asActorFor(*user), answer] {
               m_services.tracker.signOff(
                   user, device,
                   [answer](const Result<void> &result) {
                       answer(result ? noContent() : problem(result.error()));
                   },
                   by);
           });
}

void PresenceApi::deleteDevices(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    if (!request.caller.mayActFor(*user))
        return answer(problem(forbidden()));
    if (const auto may = request.payer.take(limits::Spending::Activity); !may)
        return answer(problem(may.error()));
    ifSeen(m_services.reads, request, *user, answer,
           [this, user = *user, by = request.caller.asActorFor(*user), answer] {
               m_services.tracker.signOff(
                   user, {},
                   [answer](const Result<void> &result) {
                       answer(result ? noContent() : problem(result.error()));
                   },
                   by);
           });
}

/// Whose heartbeat it is: the caller's own, or for a service or an admin any user's.
static Result<UserId> heartbeatUser(const ApiRequest &request)
{
    const protocol::JsonView given = request.body["user_id"];
    if (given.isUndefined())
        return request.caller.user;
    return protocol::parseId<UserId>(given, "user_id"_L1)
        .and_then([&request](const UserId &user) -> Result<UserId> {
            if (!request.caller.mayActFor(user))
                return Failure(forbidden());
            return user;
        });
}

static Result<std::optional<WorkspaceId>> heartbeatWorkspace(const ApiRequest &request)
{
    const protocol::JsonView given = request.body["workspace_id"];
    if (!given.isGiven())
        return std::optional<WorkspaceId>();
    const auto workspace = protocol::parseId<WorkspaceId>(given, "workspace_id"_L1);
    if (!workspace)
        return Failure(workspace.error());
    if (!request.caller.mayEnter(*workspace))
        return Failure(forbidden());
    return std::optional(*workspace);
}

/// Nothing: as the device was.
static Result<std::optional<bool>> heartbeatState(const ApiRequest &request)
{
    const protocol::JsonView given = request.body["state"];
    if (!given.isGiven())
        return std::optional<bool>();
    return protocol::parseDeviceState(given).map([](bool isIdle) { return std::optional(isIdle); });
}

void PresenceApi::postHeartbeat(const ApiRequest &request, const Answer &answer)
{
    const auto user = heartbeatUser(request);
    if (!user)
        return answer(problem(user.error()));
    const auto device = protocol::parseId<DeviceId>(request.body["device_id"], "device_id"_L1);
    if (!device)
        return answer(problem(device.error()));
    const auto workspace = heartbeatWorkspace(request);
    if (!workspace)
        return answer(problem(workspace.error()));
    const auto isIdle = heartbeatState(request);
    if (!isIdle)
        return answer(problem(isIdle.error()));
    const auto kind = protocol::parseDeviceKind(request.body["kind"]);
    if (!kind)
        return answer(problem(kind.error()));
    if (const auto may = request.payer.take(limits::Spending::Activity); !may)
        return answer(problem(may.error()));
    const rules::Session session{.user = *user,
                                 .device = *device,
                                 .id = rules::restSession(*device),
                                 .workspace = *workspace,
                                 .isIdle = *isIdle,
                                 .kind = *kind,
                                 // Who acts for others does not come with the device's token.
                                 .tokenIssuedAt = request.caller.isUser(*user)
                                     ? request.caller.issuedAt
                                     : std::chrono::milliseconds(0)};
    const auto announce = [this, session, payer = request.payer, answer] {
        if (session.workspace) {
            const auto may = payer.takeMove(session.user, session.device, *session.workspace);
            if (!may)
                return answer(problem(may.error()));
        }
        m_services.heartbeatTracker.announce(
            session, [this, answer](const Result<UserTransition> &transition) {
                m_services.heartbeats.noteOther(transition);
                (transition ? m_services.metrics.heartbeatsOk : m_services.metrics.heartbeatsFailed)
                    .Increment();
                answer(transition ? noContent() : problem(transition.error()));
            });
    };
    ifSeen(m_services.reads, request, *user, answer, announce);
}

void PresenceApi::getOnline(const ApiRequest &request, const Answer &answer)
{
    constexpr int kDefaultLimit = 100;
    const auto workspace = argument<WorkspaceId>(request, 0, "workspace_id"_L1);
    if (!workspace)
        return answer(problem(workspace.error()));
    if (!request.caller.mayEnter(*workspace))
        return answer(problem(forbidden()));
    const auto page = protocol::parsePage({.limit = queryItem(request, u"limit"_s),
                                           .offset = queryItem(request, u"offset"_s),
                                           .after = queryItem(request, u"after"_s)},
                                          kDefaultLimit);
    if (!page)
        return answer(problem(page.error()));
    m_services.reads.getOnlineUsers(request.payer, *workspace, *page,
                                    answering<OnlinePage>(answer, [](const OnlinePage &rows) {
                                        return json(200, protocol::toJson(rows));
                                    }));
}

void PresenceApi::postBulk(const ApiRequest &request, Answer answer)
{
    const auto count = static_cast<double>(request.body["user_ids"].size());
    if (const auto may = request.payer.check(limits::Spending::Rows, count); !may)
        return answer(problem(may.error()));
    const auto users = protocol::parseUserIds(request.body, limits::kMaxBulk);
    if (!users)
        return answer(problem(users.error()));
    m_services.reads.getBulkPresence(
        request.payer, *users, request.caller.sight(),
        answering<std::vector<UserPresence>>(std::move(answer),
                                             [](const std::vector<UserPresence> &rows) {
                                                 return json(200, protocol::toBytes(rows));
                                             }));
}

/// The channel of the path, when the caller may see into it.
static Result<ChannelId> channelOf(const ApiRequest &request)
{
    return argument<ChannelId>(request, 0, "channel_id"_L1)
        .and_then([&request](const ChannelId &channel) -> Result<ChannelId> {
            if (!request.caller.mayEnter(channel))
                return Failure(forbidden());
            return channel;
        });
}

static Result<Page> channelPage(const ApiRequest &request)
{
    return protocol::parsePage({.limit = queryItem(request, u"limit"_s),
                                .offset = queryItem(request, u"offset"_s),
                                .after = queryItem(request, u"after"_s)},
                               limits::kMaxPage);
}

static Callback<UserPage> answeringUsers(const ChannelId &channel, const Answer &answer)
{
    return answering<UserPage>(answer, [channel](const UserPage &page) {
        return json(200, protocol::toJson(channel, page));
    });
}

void PresenceApi::getViewers(const ApiRequest &request, const Answer &answer)
{
    const auto channel = channelOf(request);
    const auto page = channelPage(request);
    if (!channel || !page)
        return answer(problem(!channel ? channel.error() : page.error()));
    m_services.reads.getViewers(request.payer, *channel, *page, answeringUsers(*channel, answer));
}

void PresenceApi::getTyping(const ApiRequest &request, const Answer &answer)
{
    const auto channel = channelOf(request);
    const auto page = channelPage(request);
    if (!channel || !page)
        return answer(problem(!channel ? channel.error() : page.error()));
    m_services.reads.getTyping(request.payer, *channel, *page, answeringUsers(*channel, answer));
}

void PresenceApi::getNodes(const ApiRequest &request, const Answer &answer)
{
    if (!request.caller.seesAll())
        return answer(problem(forbidden()));
    const auto toJson = [](const std::vector<NodeRow> &nodes) {
        QJsonArray rows;
        for (const NodeRow &node : nodes)
            rows.append(QJsonObject{
                {"name"_L1, QString::fromLatin1(node.name)},
                {"started_at"_L1, static_cast<qint64>(node.startedAt.time_since_epoch().count())},
                {"seen_at"_L1, static_cast<qint64>(node.seenAt.time_since_epoch().count())},
                {"connections"_L1, node.connections},
                {"alive"_L1, node.isAlive},
                {"sweeps"_L1, node.isSweeping}});
        return json(200, QJsonObject{{"nodes"_L1, rows}});
    };
    rules::readNodes(m_services.store, answering<std::vector<NodeRow>>(answer, toJson));
}

/// What health says of the archive: presence goes on without it.
static QString stateOf(const archive::Archive &archive)
{
    const archive::ArchiveState state = archive.state();
    if (!state.isAvailable)
        return u"unavailable"_s;
    constexpr std::chrono::seconds kBehind(30);
    return state.lag.age > kBehind ? u"behind"_s : u"healthy"_s;
}

/// All limits, as they are here.
static QJsonArray tableOf(const limits::Limiter &limiter)
{
    QJsonArray rows;
    for (const limits::LimitRow &row : limits::limitTable())
        rows.append(QJsonObject{{"variable"_L1, row.variable},
                                {"whom"_L1, row.whom},
                                {"what"_L1, row.what},
                                {"value"_L1, row.value(limiter.limits())},
                                {"answer"_L1, row.answer},
                                {"metric"_L1, row.metric}});
    return rows;
}

/// What the service that this one replaces told everybody.
static QJsonObject publicPart(const QJsonObject &health)
{
    const QJsonObject all = health["redis"_L1].toObject();
    QJsonObject redis;
    for (const auto name :
         {"connected"_L1, "latency_us"_L1, "memory_used"_L1, "connected_clients"_L1}) {
        if (all.contains(name))
            redis[name] = all[name];
    }
    QJsonObject part{{"status"_L1, health["status"_L1]},
                     {"version"_L1, health["version"_L1]},
                     {"redis"_L1, redis}};
    if (health.contains("presence"_L1))
        part["presence"_L1] = health["presence"_L1];
    return part;
}

static int statusOf(const rules::HealthCheck::Report &report)
{
    return report.isReady ? 200 : 503;
}

void PresenceApi::answerHealth(const Answer &answer) const
{
    m_services.health.check([this, answer](rules::HealthCheck::Report report) {
        if (m_services.archive)
            report.json["archive"_L1] = stateOf(*m_services.archive);
        report.json["limits"_L1] = tableOf(m_services.limiter);
        answer(json(statusOf(report), report.json));
    });
}

void PresenceApi::getHealth(const Asking &caller, const Answer &answer)
{
    if (caller && caller->seesAll())
        return answerHealth(answer);
    m_services.health.check([answer](const rules::HealthCheck::Report &report) {
        answer(json(statusOf(report), publicPart(report.json)));
    });
}

void PresenceApi::getReady(const Answer &answer)
{
    const bool isReady = m_services.health.isReady();
    answer(json(isReady ? 200 : 503,
                QJsonObject{{"status"_L1, isReady ? "ready"_L1 : "not ready"_L1}}));
}

void PresenceApi::getMetrics(const Asking &caller, const Answer &answer)
{
    if (!m_services.showsMetrics && !caller)
        return answer(problem({ErrorCode::Unauthenticated, u"a bearer token is needed"_s}));
    if (!m_services.showsMetrics && !caller->seesAll())
        return answer(problem(forbidden()));
    answerMetrics(answer);
}

void PresenceApi::answerMetrics(const Answer &answer) const
{
    m_services.refreshMetrics([this, answer] {
        m_services.latencies.flush();
        HttpResponse response{.body = m_services.metrics.expose()};
        response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        answer(response);
    });
}

} // namespace presence::http
