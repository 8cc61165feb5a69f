// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/presenceapi.h"

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
        return [this, handler](const ApiRequest &request, const Answer &answer) {
            m_services.metrics.httpRequests.Increment();
            (this->*handler)(request, answer);
        };
    };
    const auto open = [this](auto handler) {
        return [this, handler](const Answer &answer) { (this->*handler)(answer); };
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
    router.addOpen(u"/health/ready"_s, open(&PresenceApi::getReady));
    router.addOpen(u"/health/live"_s, [](const Answer &answer) {
        answer(json(200, QJsonObject{{"status"_L1, "alive"_L1}}));
    });
    router.addOpen(u"/metrics"_s, open(&PresenceApi::getMetrics));
}

/// How the caller sees `user`.
static Viewer viewerOf(const auth::Caller &caller, const UserId &user)
{
    return caller.seesTruthOf(user) ? Viewer::SelfOrAdmin : Viewer::Other;
}

void PresenceApi::getUser(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    m_services.tracker.getPresence(
        *user, viewerOf(request.caller, *user),
        answering<UserPresence>(answer, [](const UserPresence &presence) {
            return json(200, protocol::toBytes(presence));
        }));
}

/// The answer to a change of `user`'s status: the user as the caller sees it now.
static Callback<UserTransition> thenShow(rules::PresenceTracker &tracker, const ApiRequest &request,
                                         UserId user, Answer answer)
{
    return [&tracker, viewer = viewerOf(request.caller, user), user,
            answer = std::move(answer)](Result<UserTransition> transition) {
        if (!transition)
            return answer(problem(transition.error()));
        tracker.getPresence(user, viewer,
                            answering<UserPresence>(answer, [](const UserPresence &presence) {
                                return json(200, protocol::toBytes(presence));
                            }));
    };
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
    m_services.tracker.setStatus(*user, *change,
                                 thenShow(m_services.tracker, request, *user, answer));
}

void PresenceApi::deleteStatus(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    if (!request.caller.mayActFor(*user))
        return answer(problem(forbidden()));
    m_services.tracker.clearStatus(*user, thenShow(m_services.tracker, request, *user, answer));
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
    m_services.tracker.signOff(*user, *device, [answer](const Result<void> &result) {
        answer(result ? noContent() : problem(result.error()));
    });
}

void PresenceApi::deleteDevices(const ApiRequest &request, const Answer &answer)
{
    const auto user = argument<UserId>(request, 0, "user_id"_L1);
    if (!user)
        return answer(problem(user.error()));
    if (!request.caller.mayActFor(*user))
        return answer(problem(forbidden()));
    m_services.tracker.signOff(*user, {}, [answer](const Result<void> &result) {
        answer(result ? noContent() : problem(result.error()));
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
    m_services.heartbeatTracker.announce(
        {.user = *user,
         .device = *device,
         .id = rules::restSession(*device),
         .workspace = *workspace,
         .isIdle = *isIdle,
         .kind = *kind,
         // Who acts for others does not come with the device's token.
         .tokenIssuedAt
         = request.caller.isUser(*user) ? request.caller.issuedAt : std::chrono::milliseconds(0)},
        [this, answer](const Result<UserTransition> &transition) {
            m_services.heartbeats.noteOther(transition);
            (transition ? m_services.metrics.heartbeatsOk : m_services.metrics.heartbeatsFailed)
                .Increment();
            answer(transition ? noContent() : problem(transition.error()));
        });
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
    m_services.tracker.getOnlineUsers(*workspace, *page,
                                      answering<OnlinePage>(answer, [](const OnlinePage &rows) {
                                          return json(200, protocol::toJson(rows));
                                      }));
}

void PresenceApi::postBulk(const ApiRequest &request, const Answer &answer)
{
    const auto users = protocol::parseUserIds(request.body, limits::kMaxBulk);
    if (!users)
        return answer(problem(users.error()));
    m_services.tracker.getBulkPresence(
        *users, [&caller = request.caller](const UserId &user) { return viewerOf(caller, user); },
        answering<std::vector<UserPresence>>(answer, [](const std::vector<UserPresence> &rows) {
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

static Callback<std::vector<UserId>> answeringUsers(const ChannelId &channel, const Answer &answer)
{
    return answering<std::vector<UserId>>(answer, [channel](const std::vector<UserId> &users) {
        return json(200, protocol::toJson(channel, users));
    });
}

void PresenceApi::getViewers(const ApiRequest &request, const Answer &answer)
{
    const auto channel = channelOf(request);
    if (!channel)
        return answer(problem(channel.error()));
    m_services.viewers.getChannelViewers(*channel, answeringUsers(*channel, answer));
}

void PresenceApi::getTyping(const ApiRequest &request, const Answer &answer)
{
    const auto channel = channelOf(request);
    if (!channel)
        return answer(problem(channel.error()));
    m_services.typing.getTypingUsers(*channel, answeringUsers(*channel, answer));
}

void PresenceApi::getNodes(const ApiRequest &request, const Answer &answer)
{
    if (!request.caller.isAdmin)
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

void PresenceApi::getHealth(const Answer &answer)
{
    m_services.health.check([this, answer](rules::HealthCheck::Report report) {
        if (m_services.archive)
            report.json["archive"_L1] = stateOf(*m_services.archive);
        answer(json(report.isHealthy ? 200 : 503, report.json));
    });
}

void PresenceApi::getReady(const Answer &answer)
{
    m_services.health.check([answer](const rules::HealthCheck::Report &report) {
        answer(json(report.isHealthy ? 200 : 503,
                    QJsonObject{{"status"_L1, report.isHealthy ? "ready"_L1 : "not ready"_L1}}));
    });
}

void PresenceApi::getMetrics(const Answer &answer)
{
    m_services.gauges.refresh([this, answer] {
        m_services.latencies.flush();
        HttpResponse response{.body = m_services.metrics.expose()};
        response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        answer(response);
    });
}

} // namespace presence::http
