// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What operators ask for, on any of their topics.
#include "server/channels/adminchannel.h"
#include "server/channels/phoenixsocket.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"
#include "shared/protocol/requests.h"

#include <algorithm>

namespace presence::channels {

using namespace Qt::StringLiterals;
using admin::AdminRequest;
using protocol::Message;

AdminChannel::Handler AdminChannel::handlerOf(QByteArrayView event)
{
    static const QHash<QByteArrayView, Handler> handlers{
        {"get_page", &AdminChannel::getPage},         {"filter", &AdminChannel::filter},
        {"get_user", &AdminChannel::getUser},         {"get_history", &AdminChannel::getHistory},
        {"get_ghosts", &AdminChannel::getGhosts},     {"get_flapping", &AdminChannel::getFlapping},
        {"get_channels", &AdminChannel::getChannels}, {"search", &AdminChannel::search}};
    return handlers.value(event);
}

/// What changes something for somebody.
AdminChannel::Handler AdminChannel::actionOf(QByteArrayView event)
{
    static const QHash<QByteArrayView, Handler> actions{
        {"set_status", &AdminChannel::setStatus},
        {"clear_status", &AdminChannel::clearStatus},
        {"disconnect_device", &AdminChannel::disconnectDevice},
        {"disconnect_user", &AdminChannel::disconnectUser},
        {"forget_ghost", &AdminChannel::forgetGhost}};
    return actions.value(event);
}

void AdminChannel::handle(const Message &message)
{
    if (const Handler handler = handlerOf(message.event))
        return (this->*handler)(message);
    if (const Handler action = actionOf(message.event)) {
        if (!socket().caller().isAdmin)
            return replyError(message, {ErrorCode::Forbidden, u"unauthorized"_s});
        return (this->*action)(message);
    }
    Channel::handle(message);
}

void AdminChannel::getPage(const Message &message)
{
    answerPage(message);
}

void AdminChannel::answerPage(const Message &message)
{
    Channel::handle(message);
}

void AdminChannel::filter(const Message &message)
{
    answerFilter(message);
}

void AdminChannel::answerFilter(const Message &message)
{
    Channel::handle(message);
}

std::optional<AdminRequest> AdminChannel::requestOf(const Message &message)
{
    const auto user = protocol::parseId<UserId>(message.payload["user_id"], "user_id"_L1);
    if (user)
        return AdminRequest{socket().caller().user, *user};
    replyError(message, user.error());
    return std::nullopt;
}

std::optional<DeviceId> AdminChannel::deviceOf(const Message &message)
{
    const auto device = protocol::parseId<DeviceId>(message.payload["device_id"], "device_id"_L1);
    if (device)
        return *device;
    replyError(message, device.error());
    return std::nullopt;
}

void AdminChannel::getUser(const Message &message)
{
    const auto request = requestOf(message);
    if (!request)
        return;
    socket().services().adminService.users().read(
        request->user, replying<UserDetails>(message, [](const UserDetails &details) {
            return protocol::toBytes(protocol::toJson(details));
        }));
}

void AdminChannel::getHistory(const Message &message)
{
    const auto request = requestOf(message);
    if (!request)
        return;
    using Page = admin::AdminService::ChangePage;
    socket().services().adminService.readHistory(
        request->user, message.payload["after"].bytes().toByteArray(),
        replying<Page>(message, [](const Page &page) {
            const QJsonValue next
                = page.next.isEmpty() ? QJsonValue() : QJsonValue(QString::fromLatin1(page.next));
            return protocol::toBytes(
                {{"changes"_L1, protocol::toJsonArray(page.changes)}, {"next"_L1, next}});
        }));
}

void AdminChannel::setStatus(const Message &message)
{
    const auto change = protocol::parseStatusChange(message.payload);
    if (!change)
        return replyError(message, change.error());
    if (const auto request = requestOf(message))
        socket().services().adminService.operations().setStatus(*request, *change,
                                                                replyingOk(message));
}

void AdminChannel::clearStatus(const Message &message)
{
    if (const auto request = requestOf(message))
        socket().services().adminService.operations().clearStatus(*request, replyingOk(message));
}

static QByteArray toBytes(const admin::SignedOff &signedOff)
{
    const auto orNull = [](const std::optional<Milliseconds> &time) {
        return time ? QJsonValue(qint64(time->time_since_epoch().count())) : QJsonValue();
    };
    return protocol::toBytes({{"devices"_L1, signedOff.devices},
                              {"issued_until"_L1, orNull(signedOff.issuedUntil)},
                              {"unstated_until"_L1, orNull(signedOff.unstatedUntil)}});
}

void AdminChannel::disconnectDevice(const Message &message)
{
    const auto request = requestOf(message);
    const auto device = request ? deviceOf(message) : std::nullopt;
    if (device)
        socket().services().adminService.operations().disconnectDevice(
            *request, *device, replying<admin::SignedOff>(message, &toBytes));
}

void AdminChannel::disconnectUser(const Message &message)
{
    const protocol::JsonView given = message.payload["hold"];
    const auto hold = given.isNull() || given.isUndefined() ? 0 : given.toWhole().value_or(-1);
    if (hold < 0 || hold > limits::kMaxHold.count())
        return replyError(message,
                          {ErrorCode::Invalid,
                           u"must be 0-%1 seconds"_s.arg(limits::kMaxHold.count()), u"hold"_s});
    if (const auto request = requestOf(message))
        socket().services().adminService.operations().disconnectUser(
            *request, std::chrono::seconds(hold), replying<admin::SignedOff>(message, &toBytes));
}

void AdminChannel::forgetGhost(const Message &message)
{
    const auto request = requestOf(message);
    if (!request)
        return;
    const QByteArray session = message.payload["session_id"].bytes().toByteArray();
    const bool isText = std::ranges::all_of(session, [](char c) { return c > ' ' && c < '\x7f'; });
    if (session.isEmpty() || session.size() > 2 * kMaxIdLength || !isText)
        return replyError(message, {ErrorCode::Invalid, u"must be a session"_s, u"session_id"_s});
    socket().services().adminService.operations().forgetGhost(*request, SessionId(session),
                                                              replyingOk(message));
}

void AdminChannel::getGhosts(const Message &message)
{
    const QByteArray cursor = message.payload["after"].bytes().toByteArray();
    const bool isNumber
        = std::all_of(cursor.begin(), cursor.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!isNumber || cursor.size() > 20)
        return replyError(message, {ErrorCode::Invalid, u"must be a cursor"_s, u"after"_s});
    socket().services().adminService.searches().findGhosts(
        cursor, replying<admin::GhostPage>(message, [](const admin::GhostPage &page) {
            const QJsonValue next
                = page.next.isEmpty() ? QJsonValue() : QJsonValue(QString::fromLatin1(page.next));
            return protocol::toBytes({{"ghosts"_L1, protocol::toJsonArray(page.ghosts)},
                                      {"examined"_L1, page.examined},
                                      {"next"_L1, next}});
        }));
}

void AdminChannel::getFlapping(const Message &message)
{
    using Rows = std::vector<FlappingRow>;
    socket().services().adminService.searches().findFlapping(
        replying<Rows>(message, [](const Rows &rows) {
            return protocol::toBytes({{"users"_L1, protocol::toJsonArray(rows)}});
        }));
}

void AdminChannel::getChannels(const Message &message)
{
    const QByteArray match = message.payload["match"].bytes().toByteArray();
    const auto limit = message.payload["limit"].toWhole().value_or(limits::kMaxFoundChannels);
    if (match.size() > kMaxIdLength)
        return replyError(message, {ErrorCode::Invalid, u"is too long"_s, u"match"_s});
    if (limit < 1 || limit > limits::kMaxFoundChannels)
        return replyError(
            message,
            {ErrorCode::Invalid, u"must be 1-%1"_s.arg(limits::kMaxFoundChannels), u"limit"_s});
    socket().services().adminService.searches().findChannels(
        match, static_cast<int>(limit),
        replying<admin::ChannelPage>(message, [](const admin::ChannelPage &page) {
            return protocol::toBytes({{"channels"_L1, protocol::toJsonArray(page.channels)},
                                      {"examined"_L1, page.examined},
                                      {"complete"_L1, page.isComplete}});
        }));
}

void AdminChannel::search(const Message &message)
{
    const QByteArray text = message.payload["text"].bytes().toByteArray();
    if (text.isEmpty() || text.size() > kMaxIdLength)
        return replyError(
            message, {ErrorCode::Invalid, u"must be 1-%1 bytes"_s.arg(kMaxIdLength), u"text"_s});
    const auto from
        = admin::NameSearch::Place::from(message.payload["after"].bytes().toByteArray());
    if (!from)
        return replyError(message, {ErrorCode::Invalid, u"must be a cursor"_s, u"after"_s});
    socket().services().adminService.searches().findNames(
        text, *from, replying<FoundNames>(message, [](const FoundNames &found) {
            return protocol::toBytes(protocol::toJson(found));
        }));
}

} // namespace presence::channels
