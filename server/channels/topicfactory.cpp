// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/topicfactory.h"

#include "server/channels/adminchannel.h"
#include "server/channels/feedchannel.h"
#include "server/channels/phoenixsocket.h"
#include "server/channels/presencechannel.h"

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::Message;

/// The identifier after the prefix of the topic.
template <typename Id>
static Result<Id> idOf(const Message &join)
{
    const QByteArrayView text = QByteArrayView(join.topic).sliced(join.topic.indexOf(':') + 1);
    if (auto id = Id::parse(text))
        return *id;
    return fail(ErrorCode::Invalid, u"invalid topic"_s);
}

/// The identifier after `prefix`.
template <typename Id>
static std::optional<Id> idAfter(QByteArrayView prefix, const QByteArray &topic)
{
    if (!topic.startsWith(prefix))
        return std::nullopt;
    return Id::parse(QByteArrayView(topic).sliced(prefix.size()));
}

bool mayJoin(const auth::Caller &caller, const QByteArray &topic)
{
    if (const auto user = idAfter<UserId>("presence:", topic))
        return caller.isUser(*user);
    if (const auto workspace = idAfter<WorkspaceId>("workspace:", topic))
        return caller.mayEnter(*workspace);
    if (const auto channel = idAfter<ChannelId>("channel:", topic))
        return caller.mayEnter(*channel);
    return !topic.startsWith("admin:") || caller.seesAll();
}

using Made = Result<std::shared_ptr<Channel>>;

static Made makeFeed(PhoenixSocket &socket, const Message &join, FeedChannel::Join joinHub)
{
    return std::make_shared<FeedChannel>(socket, join, std::move(joinHub));
}

static Made makePresence(PhoenixSocket &socket, const Message &join)
{
    return idOf<UserId>(join).and_then(
        [&](const UserId &) -> Made { return std::make_shared<PresenceChannel>(socket, join); });
}

static Made makeUser(PhoenixSocket &socket, const Message &join)
{
    return idOf<UserId>(join).and_then([&](const UserId &user) {
        return makeFeed(socket, join,
                        [user, within = socket.caller().sight().withinOf(user)](
                            hub::Hub &hub, hub::Receiver &receiver) -> hub::Topic & {
                            return hub.joinUser(user, receiver, within);
                        });
    });
}

static Made makeWorkspace(PhoenixSocket &socket, const Message &join)
{
    return idOf<WorkspaceId>(join).and_then([&](const WorkspaceId &workspace) -> Made {
        return makeFeed(socket, join,
                        [workspace](hub::Hub &hub, hub::Receiver &receiver) -> hub::Topic & {
                            return hub.joinWorkspace(workspace, receiver);
                        });
    });
}

static Made makeChannelFeed(PhoenixSocket &socket, const Message &join)
{
    return idOf<ChannelId>(join).and_then([&](const ChannelId &channel) -> Made {
        return makeFeed(socket, join,
                        [channel](hub::Hub &hub, hub::Receiver &receiver) -> hub::Topic & {
                            return hub.joinChannel(channel, receiver);
                        });
    });
}

static Made makeAdmin(PhoenixSocket &socket, const Message &join)
{
    using admin::AdminService;
    const auto feed = [&](AdminFeed::Join joinService) -> Made {
        return std::make_shared<AdminFeed>(socket, join, std::move(joinService));
    };
    if (join.topic == "admin:events")
        return std::make_shared<AdminEvents>(socket, join);
    if (join.topic == "admin:overview")
        return feed([](AdminService &service, hub::Receiver &receiver) -> hub::Topic & {
            return service.joinOverview(receiver);
        });
    if (const auto workspace = idAfter<WorkspaceId>("admin:workspace:", join.topic))
        return feed(
            [id = *workspace](AdminService &service, hub::Receiver &receiver) -> hub::Topic & {
                return service.joinWorkspace(id, receiver);
            });
    if (const auto channel = idAfter<ChannelId>("admin:channel:", join.topic))
        return feed(
            [id = *channel](AdminService &service, hub::Receiver &receiver) -> hub::Topic & {
                return service.joinChannel(id, receiver);
            });
    return fail(ErrorCode::NotFound, u"unmatched topic"_s);
}

Made makeChannel(PhoenixSocket &socket, const Message &join)
{
    if (!mayJoin(socket.caller(), join.topic))
        return fail(ErrorCode::Forbidden, u"unauthorized"_s);
    if (join.topic.startsWith("presence:"))
        return makePresence(socket, join);
    if (join.topic.startsWith("user:"))
        return makeUser(socket, join);
    if (join.topic.startsWith("workspace:"))
        return makeWorkspace(socket, join);
    if (join.topic.startsWith("channel:"))
        return makeChannelFeed(socket, join);
    if (join.topic.startsWith("admin:"))
        return makeAdmin(socket, join);
    return fail(ErrorCode::NotFound, u"unmatched topic"_s);
}

} // namespace presence::channels
