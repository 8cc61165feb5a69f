// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QDebug>
#include <QString>

#include <compare>
#include <optional>

namespace presence {

/// Longest identifier in bytes, for users, devices, workspaces and channels alike.
inline constexpr qsizetype kMaxIdLength = 128;

/// True for 1 to kMaxIdLength bytes of printable ASCII but space and "\{}<>^`, that are not "." or
/// "..", which paths do without, and do not end like a key of ours (":devices", ":sessions",
/// ":channels", ":changes", ":left", ":viewers", ":asked", ":recalled", ":erased", ":signed_off").
bool isValidId(QByteArrayView text);

/// What is wrong with one that is not valid, such as "must not have the character {".
QString idFault(QByteArrayView text);

/// An identifier of one kind: a UserId cannot be passed where a ChannelId is meant.
///
/// Identifiers are ASCII, so they are kept as the bytes that go to Redis and onto the wire.
template <typename Tag>
class StrongId
{
public:
    StrongId() = default;

    /// For identifiers that are known to be valid, such as those read back from Redis.
    explicit StrongId(QByteArray bytes) : m_bytes(std::move(bytes)) { }

    /// The identifier in `text`, or nothing when it is not a valid one.
    static std::optional<StrongId> parse(QByteArrayView text)
    {
        if (!isValidId(text))
            return std::nullopt;
        return StrongId(text.toByteArray());
    }
    static std::optional<StrongId> parse(QStringView text) { return parse(text.toUtf8()); }

    const QByteArray &bytes() const { return m_bytes; }
    QString toString() const { return QString::fromLatin1(m_bytes); }
    bool isEmpty() const { return m_bytes.isEmpty(); }

    friend bool operator==(const StrongId &a, const StrongId &b) { return a.m_bytes == b.m_bytes; }
    friend std::strong_ordering operator<=>(const StrongId &a, const StrongId &b)
    {
        return a.m_bytes.compare(b.m_bytes) <=> 0;
    }
    friend size_t qHash(const StrongId &id, size_t seed = 0) { return ::qHash(id.m_bytes, seed); }
    friend QDebug operator<<(QDebug debug, const StrongId &id)
    {
        return debug << id.m_bytes.constData();
    }

private:
    QByteArray m_bytes;
};

using UserId = StrongId<struct UserTag>;
using DeviceId = StrongId<struct DeviceTag>;
using WorkspaceId = StrongId<struct WorkspaceTag>;
using ChannelId = StrongId<struct ChannelTag>;
/// One connection of a device, or the REST calls of one. A device that reconnects before its old
/// connection is found dead has two for a while; the newer one counts.
using SessionId = StrongId<struct SessionTag>;

} // namespace presence
