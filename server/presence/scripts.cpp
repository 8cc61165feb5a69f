// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/scripts.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Script;

/// What becomes of a script on a server that is full, is no master any more, or lacks replicas.
enum class Refused : quint8 {
    Whole, ///< before it begins
    WholeUnlessFull, ///< it takes away, or is needed to say that others are refused
    AtItsWrite, ///< for those that may do without, or write once
};

/// The name is folder_file: "user_refresh" is user/refresh.lua.
static Script load(const QString &folder, const QString &file, const QStringList &paths,
                   Refused refused)
{
    // Without such a line a script begins, and what it has done stays done. A user's change stream
    // is on another slot of the same server.
    QByteArray line;
    if (refused != Refused::AtItsWrite)
        line = "#!lua flags=allow-cross-slot-keys"_ba
            + (refused == Refused::WholeUnlessFull ? ",allow-oom\n" : "\n");
    auto script = Script::fromResource((folder + u'_' + file).toLatin1(), paths, line);
    if (!script)
        qFatal("%s", qPrintable(script.error().detail)); // built without its resources
    return *std::move(script);
}

/// A script of its own.
static Script load(const QString &folder, const QString &file, Refused refused = Refused::Whole)
{
    return load(folder, file, {u":/lua/%1/%2.lua"_s.arg(folder, file)}, refused);
}

/// The same, with files of its folder before it.
static Script loadAfter(const QStringList &before, const QString &folder, const QString &file,
                        Refused refused)
{
    QStringList paths;
    for (const QString &name : before + QStringList{file})
        paths.append(u":/lua/%1/%2.lua"_s.arg(folder, name));
    return load(folder, file, paths, refused);
}

static Script readsUser(const QString &file)
{
    return loadAfter({u"lib"_s}, u"user"_s, file, Refused::AtItsWrite);
}

static Script refreshesUser(const QString &file)
{
    return loadAfter({u"lib"_s}, u"user"_s, file, Refused::Whole);
}

static Script changesUser(const QString &file, Refused refused = Refused::Whole)
{
    return loadAfter({u"lib"_s, u"record"_s, u"reconcile"_s}, u"user"_s, file, refused);
}

static Script channel(const QString &file, Refused refused = Refused::Whole)
{
    return loadAfter({u"lib"_s}, u"channel"_s, file, refused);
}

constexpr auto kUnlessFull = Refused::WholeUnlessFull;

static Script readsChannel(const QString &file)
{
    return loadAfter({u"lib"_s}, u"channel"_s, file, Refused::AtItsWrite);
}

static Script reads(const QString &folder, const QString &file)
{
    return load(folder, file, Refused::AtItsWrite);
}

Scripts::Scripts()
    : userAnnounce(changesUser(u"announce"_s)), userBeat(load(u"user"_s, u"beat"_s)),
      userRefresh(refreshesUser(u"refresh"_s)), userDisconnect(changesUser(u"disconnect"_s)),
      userSignOff(changesUser(u"sign_off"_s, kUnlessFull)), userLeft(changesUser(u"left"_s)),
      userSetStatus(changesUser(u"set_status"_s)), userCheck(changesUser(u"check"_s)),
      userForget(changesUser(u"forget"_s, kUnlessFull)), userRecall(changesUser(u"recall"_s)),
      userErase(load(u"user"_s, u"erase"_s, kUnlessFull)), userRead(readsUser(u"read"_s)),
      userPublished(readsUser(u"published"_s)), userExplain(readsUser(u"explain"_s)),
      workspacePut(load(u"workspace"_s, u"put"_s)),
      workspaceRefresh(load(u"workspace"_s, u"refresh"_s)),
      workspaceSnapshot(reads(u"workspace"_s, u"snapshot"_s)),
      workspaceOnline(reads(u"workspace"_s, u"online"_s)),
      workspaceStale(load(u"workspace"_s, u"stale"_s)), channelJoin(channel(u"join"_s)),
      channelLeave(channel(u"leave"_s, kUnlessFull)), channelQuit(channel(u"quit"_s, kUnlessFull)),
      channelTypingStart(channel(u"typing_start"_s)),
      channelTypingStop(channel(u"typing_stop"_s, kUnlessFull)),
      channelSweep(channel(u"sweep"_s, kUnlessFull)), channelRefresh(channel(u"refresh"_s)),
      channelRead(readsChannel(u"read"_s)), channelPage(readsChannel(u"page"_s)),
      dueEnter(load(u"due"_s, u"enter"_s)),
      dueReschedule(load(u"due"_s, u"reschedule"_s, kUnlessFull)),
      dueRead(reads(u"due"_s, u"read"_s)),
      dueAcknowledge(load(u"due"_s, u"acknowledge"_s, kUnlessFull)),
      dueTrim(reads(u"due"_s, u"trim"_s)), dueLease(load(u"due"_s, u"lease"_s)),
      dueSetBack(load(u"due"_s, u"set_back"_s, kUnlessFull)),
      dueLargest(reads(u"due"_s, u"largest"_s)),
      nodeReportBehind(load(u"node"_s, u"report_behind"_s, kUnlessFull)),
      nodesBehind(reads(u"node"_s, u"behind"_s)), claimFormat(reads(u"node"_s, u"claim_format"_s)),
      nodeConsumers(reads(u"node"_s, u"consumers"_s))
{
}

std::vector<const Script *> Scripts::all() const
{
    return {&userAnnounce,      &userBeat,          &userRefresh,      &userDisconnect,
            &userSignOff,       &userLeft,          &userSetStatus,    &userCheck,
            &userRead,          &userPublished,     &userExplain,      &workspacePut,
            &workspaceRefresh,  &workspaceSnapshot, &workspaceOnline,  &workspaceStale,
            &channelJoin,       &channelLeave,      &channelQuit,      &channelTypingStart,
            &channelTypingStop, &channelSweep,      &channelRead,      &channelPage,
            &dueEnter,          &dueReschedule,     &dueRead,          &dueAcknowledge,
            &dueTrim,           &dueLease,          &dueSetBack,       &dueLargest,
            &userForget,        &channelRefresh,    &nodeReportBehind, &nodesBehind,
            &claimFormat,       &nodeConsumers,     &userRecall,       &userErase};
}

} // namespace presence::rules
