// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/scripts.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Script;

/// The name is folder_file: "user_refresh" is user/refresh.lua.
static Script load(const QString &folder, const QString &file, const QStringList &paths)
{
    auto script = Script::fromResource((folder + u'_' + file).toLatin1(), paths);
    if (!script)
        qFatal("%s", qPrintable(script.error().detail)); // built without its resources
    return *std::move(script);
}

static Script load(const QString &folder, const QString &file)
{
    return load(folder, file, {u":/lua/%1/%2.lua"_s.arg(folder, file)});
}

/// The same, with the folder's lib.lua before it.
static Script loadWithLibrary(const QString &folder, const QString &file)
{
    const QString path = u":/lua/%1/%2.lua"_s;
    return load(folder, file, {path.arg(folder, u"lib"_s), path.arg(folder, file)});
}

Scripts::Scripts()
    : userHeartbeat(loadWithLibrary(u"user"_s, u"heartbeat"_s)),
      userRefresh(loadWithLibrary(u"user"_s, u"refresh"_s)),
      userDisconnect(loadWithLibrary(u"user"_s, u"disconnect"_s)),
      userSetStatus(loadWithLibrary(u"user"_s, u"set_status"_s)),
      userExpireStatus(loadWithLibrary(u"user"_s, u"expire_status"_s)),
      userSettle(loadWithLibrary(u"user"_s, u"settle"_s)), userRead(load(u"user"_s, u"read"_s)),
      workspacePut(load(u"workspace"_s, u"put"_s)),
      workspaceRefresh(load(u"workspace"_s, u"refresh"_s)),
      workspaceSnapshot(load(u"workspace"_s, u"snapshot"_s)),
      workspaceOnline(load(u"workspace"_s, u"online"_s)),
      workspaceStale(load(u"workspace"_s, u"stale"_s)),
      channelJoin(loadWithLibrary(u"channel"_s, u"join"_s)),
      channelLeave(loadWithLibrary(u"channel"_s, u"leave"_s)),
      channelTypingStart(loadWithLibrary(u"channel"_s, u"typing_start"_s)),
      channelTypingStop(loadWithLibrary(u"channel"_s, u"typing_stop"_s)),
      channelSweep(loadWithLibrary(u"channel"_s, u"sweep"_s)),
      channelRead(loadWithLibrary(u"channel"_s, u"read"_s)), indexDue(load(u"index"_s, u"due"_s)),
      indexChecked(load(u"index"_s, u"checked"_s)), indexLease(load(u"index"_s, u"lease"_s)),
      indexLargest(load(u"index"_s, u"largest"_s))
{
}

std::vector<const Script *> Scripts::all() const
{
    return {&userHeartbeat,    &userRefresh,       &userDisconnect,     &userSetStatus,
            &userExpireStatus, &userSettle,        &userRead,           &workspacePut,
            &workspaceRefresh, &workspaceSnapshot, &workspaceOnline,    &workspaceStale,
            &channelJoin,      &channelLeave,      &channelTypingStart, &channelTypingStop,
            &channelSweep,     &channelRead,       &indexDue,           &indexChecked,
            &indexLease,       &indexLargest};
}

} // namespace presence::rules
