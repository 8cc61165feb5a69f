// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/keyspace.h"

#include <QCryptographicHash>

#include <QStringBuilder>

namespace presence::redis {

QByteArray KeySpace::tagged(const QByteArray &id) const
{
    return m_tags == HashTags::Braces ? '{' % id % '}' : id;
}

/// `id`, when `key` is `prefix` and tagged(id).
std::optional<QByteArray> KeySpace::idBehind(QByteArrayView prefix, const QByteArray &key) const
{
    if (!key.startsWith(prefix))
        return std::nullopt;
    const QByteArray id = key.sliced(prefix.size());
    if (m_tags == HashTags::None)
        return id;
    if (!id.startsWith('{') || !id.endsWith('}'))
        return std::nullopt;
    return id.sliced(1, id.size() - 2);
}

std::optional<QByteArray> KeySpace::userIn(const QByteArray &key) const
{
    return idBehind("presence:user:", key);
}

std::optional<QByteArray> KeySpace::channelIn(const QByteArray &key) const
{
    static constexpr QByteArrayView kSuffix = ":viewers";
    if (!key.endsWith(kSuffix))
        return std::nullopt;
    return idBehind("presence:channel:", key.chopped(kSuffix.size()));
}

QByteArray KeySpace::userHash(const UserId &user) const
{
    return "presence:user:" % tagged(user.bytes());
}

QByteArray KeySpace::userSignedOff(const UserId &user) const
{
    return userHash(user) + ":signed_off";
}

UserKeys KeySpace::user(const UserId &user) const
{
    const QByteArray base = userHash(user);
    return {base, base % ":devices", base % ":changes",
            m_tags == HashTags::None ? kStatusExpiry : QByteArray()};
}

WorkspaceKeys KeySpace::workspace(const WorkspaceId &workspace) const
{
    const QByteArray id = tagged(workspace.bytes());
    const QByteArray base = "presence:workspace:" % id;
    return {"presence:online:" % id, base, base % ":left", "presence:order:" % id};
}

ChannelKeys KeySpace::channel(const ChannelId &channel) const
{
    const QByteArray id = tagged(channel.bytes());
    const QByteArray base = "presence:channel:" % id;
    const QByteArray typing = "presence:typing:" % id;
    return {base,   base % ":viewers",   base % ":devices", "typing:" % id,
            typing, typing % ":devices", base % ":left"};
}

QByteArray KeySpace::viewOrder(const ChannelId &channel) const
{
    return "presence:view_order:" + tagged(channel.bytes());
}

QByteArray KeySpace::node(const QByteArray &name) const
{
    return "presence:node:" % name;
}

QByteArray KeySpace::nodeTag(const QByteArray &name)
{
    return QCryptographicHash::hash(name, QCryptographicHash::Sha1).first(4).toHex();
}

std::vector<QByteArray> KeySpace::behindNodes() const
{
    static const QByteArray kBesideUsers = "presence:{" + kDueUsers + "}:behind";
    return isOnOneServer() ? std::vector{kBehindNodes} : std::vector{kBehindNodes, kBesideUsers};
}

QByteArray KeySpace::recorder() const
{
    static const QByteArray kBesideFigures = "presence:{" + kFigures + "}:recorder";
    return isOnOneServer() ? kRecorder : kBesideFigures;
}

QByteArray KeySpace::recalled(const UserId &user) const
{
    return userHash(user) + ":recalled";
}

QByteArray KeySpace::changeStream(int shard) const
{
    static const QByteArray kStream = "presence:stream"_ba;
    if (m_tags == HashTags::None)
        return kStream;
    return kStream % ":{" % QByteArray::number(shard) % '}';
}

QByteArray KeySpace::userEvents(const UserId &user) const
{
    return "presence:events:user:" % tagged(user.bytes());
}

QByteArray KeySpace::controlEvents(const UserId &user) const
{
    return "presence:events:self:" % tagged(user.bytes());
}

QByteArray KeySpace::workspaceEvents(const WorkspaceId &workspace) const
{
    return "presence:events:workspace:" % tagged(workspace.bytes());
}

QByteArray KeySpace::channelEvents(const ChannelId &channel) const
{
    return "presence:events:channel:" % tagged(channel.bytes());
}

} // namespace presence::redis
