// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/bus/events.h"

#include "shared/core/decimal.h"

#include <QList>

#include <array>

namespace presence::bus {

std::optional<UserEvent> UserEvent::from(const QByteArray &bytes)
{
    const qsizetype line = bytes.indexOf('\n');
    if (line < 0)
        return std::nullopt;
    return UserEvent{bytes.left(line).toULongLong(), bytes.sliced(line + 1)};
}

std::optional<WorkspaceEvent> WorkspaceEvent::from(const QByteArray &bytes)
{
    const QList<QByteArray> lines = bytes.split('\n');
    if (lines.size() != 3)
        return std::nullopt;
    return WorkspaceEvent{lines[0].toULongLong(), UserId(lines[1]), lines[2]};
}

std::optional<ChannelEvent> ChannelEvent::from(const QByteArray &bytes)
{
    const QList<QByteArray> lines = bytes.split('\n');
    if (lines.size() != 4)
        return std::nullopt;
    ChannelEvent event{.sequence = lines[0].toULongLong(), .user = UserId(lines[2])};
    if (lines[1] == "view") {
        event.meta = lines[3];
    } else if (lines[1] == "typing") {
        event.kind = Kind::Typing;
        event.isTyping = lines[3] == "start";
    } else {
        return std::nullopt;
    }
    return event;
}

QByteArray ControlEvent::toBytes() const
{
    return kind == Kind::SignOff ? "signoff\n" + device.bytes() : QByteArray("missed");
}

static std::optional<ControlEvent> stateFrom(const QByteArray &bytes)
{
    std::array<QByteArrayView, 5> lines; // but the last, which is JSON
    qsizetype begin = 0;
    for (QByteArrayView &line : lines) {
        const qsizetype end = bytes.indexOf('\n', begin);
        if (end < 0)
            return std::nullopt;
        line = QByteArrayView(bytes).sliced(begin, end - begin);
        begin = end + 1;
    }
    // Another service may have written a status of its own.
    const Status chosen = statusFromName(lines[2]).value_or(Status::Online);
    return ControlEvent{.kind = ControlEvent::Kind::State,
                        .device = {},
                        .revision = Decimal::parse(lines[1]).value_or(0),
                        .chosen = chosen,
                        .leftAt = Decimal::parse(lines[3]).value_or(0),
                        .clientHeld = lines[4].toByteArray(),
                        .json = bytes.sliced(begin)};
}

std::optional<ControlEvent> ControlEvent::from(const QByteArray &bytes)
{
    if (bytes == "missed")
        return missed();
    if (bytes == "announce")
        return ControlEvent{.kind = Kind::Announce, .device = {}};
    if (bytes.startsWith("signoff\n"))
        return signOff(DeviceId(bytes.sliced(8)));
    if (bytes.startsWith("state\n"))
        return stateFrom(bytes);
    return std::nullopt;
}

} // namespace presence::bus
