// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"
#include "shared/model/status.h"

#include <QByteArray>

#include <optional>

/// The events that travel by Pub/Sub, one type a kind of topic. The scripts in resources/lua write
/// them as lines, so that JSON passes through a node without being parsed.
namespace presence::bus {

/// Others see something new of a user. "revision\njson", or kMoved: it is shown in other
/// workspaces.
struct UserEvent
{
    quint64 revision = 0;
    QByteArray json; ///< user_id, status, custom_message, emoji, last_seen, updated_at, revision
    QByteArray places; ///< when it was read: as UserPresence::places

    static constexpr char kMoved[] = "moved";
    /// nullopt for kMoved as well.
    static std::optional<UserEvent> from(const QByteArray &bytes);
};

/// A user entered a workspace, changed in it or left it. "sequence\nuser\nmeta"
struct WorkspaceEvent
{
    quint64 sequence = 0;
    UserId user;
    QByteArray meta; ///< JSON; empty when the user left
    static std::optional<WorkspaceEvent> from(const QByteArray &bytes);
};

/// A viewer came or left, or a user began or stopped to type. "sequence\nkind\nuser\nwhat"
struct ChannelEvent
{
    enum class Kind : quint8 { View, Typing };
    quint64 sequence = 0;
    Kind kind = Kind::View;
    UserId user;
    QByteArray meta; ///< Kind::View: JSON; empty when the user left
    bool isTyping = false; ///< Kind::Typing
    static std::optional<ChannelEvent> from(const QByteArray &bytes);
};

/// For the connections of one user, on all nodes. "state\nrevision\nstatus\nleft\nkept\njson",
/// "signoff\ndevice", "announce", or "missed"
struct ControlEvent
{
    enum class Kind : quint8 {
        State, ///< what the user is now
        SignOff,
        Announce, ///< Redis has lost the user: each is to say what it knows
        Missed, ///< perhaps others: to be read again
    };
    Kind kind = Kind::Missed;
    DeviceId device; ///< Kind::SignOff; empty for all of the user
    // Kind::State
    qint64 revision = 0;
    Status chosen = Status::Online; ///< as the user said
    qint64 leftAt = 0; ///< revision at which it left its channels because nobody may see it
    QByteArray clientHeld; ///< as UserPresence::clientHeld, "?" while the status is not confirmed
    bool isConfirmed() const { return clientHeld != "?"; }
    QByteArray json; ///< as in its presence_state

    static ControlEvent missed() { return {}; }
    static ControlEvent signOff(const DeviceId &device) { return {Kind::SignOff, device}; }
    /// Not of a State or an Announce, which the scripts write.
    QByteArray toBytes() const;
    static std::optional<ControlEvent> from(const QByteArray &bytes);
};

} // namespace presence::bus
