// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/storedsession.h"

#include <algorithm>

namespace presence::rules {

using namespace std::chrono;

std::optional<StoredSession> StoredSession::parse(const QByteArray &text, const QByteArray &until)
{
    const QByteArrayList words = text.split(' ');
    if (words.size() != 5 && words.size() != 6)
        return std::nullopt;
    enum Word { Deadline, Started, Flags, Device, Workspace };
    bool areTimes[2] = {};
    milliseconds deadline(words[Deadline].toLongLong(&areTimes[0]));
    const microseconds started(words[Started].toLongLong(&areTimes[1]));
    const QByteArray &flags = words[Flags];
    if (!areTimes[0] || !areTimes[1] || words[Device].isEmpty())
        return std::nullopt;
    const bool hasEnded = flags.size() == 2 && flags.endsWith('e');
    if (!hasEnded)
        deadline = std::max(deadline, milliseconds(until.toLongLong()));
    return StoredSession{.deadline = sys_time<milliseconds>(deadline),
                         .started = sys_time<microseconds>(started),
                         .isIdle = flags.startsWith('i'),
                         .hasEnded = hasEnded,
                         .device = DeviceId(words[Device]),
                         .workspace = words[Workspace].isEmpty()
                             ? std::nullopt
                             : std::optional(WorkspaceId(words[Workspace]))};
}

std::optional<LiveSession> LiveSession::parse(const QByteArray &text)
{
    // "deadline started flags device workspace"
    const qsizetype started = text.indexOf(' ') + 1;
    const qsizetype flags = text.indexOf(' ', started) + 1;
    const qsizetype device = text.indexOf(' ', flags) + 1;
    const qsizetype end = text.indexOf(' ', device);
    if (started == 0 || flags == 0 || device - flags != 2 || end <= device)
        return std::nullopt;
    const qint64 deadline = QByteArrayView(text).first(started - 1).toLongLong();
    return LiveSession{text.sliced(device, end - device),
                       sys_time<milliseconds>(milliseconds(deadline))};
}

} // namespace presence::rules
