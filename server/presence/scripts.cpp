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

/// Of resources/lua.
static QByteArray read(const QStringList &files)
{
    QStringList paths;
    for (const QString &file : files)
        paths.append(u":/lua/%1.lua"_s.arg(file));
    auto text = redis::readLua(paths);
    if (!text)
        qFatal("%s", qPrintable(text.error().detail)); // built without its resources
    return *std::move(text);
}

/// A function of users, and the flags that Redis has for it.
struct UserFunction
{
    const char *file;
    const char *flags;
    bool isChange = true; ///< it returns what reconcile() does
};

// A user's change stream is on another slot of the same server. What may not write serves a server
// that refuses writes, too.
static constexpr char kWrites[] = "{'allow-cross-slot-keys'}";
static constexpr char kWritesUnlessFull[] = "{'allow-cross-slot-keys','allow-oom'}";
static constexpr char kReads[] = "{'no-writes'}";

static constexpr UserFunction kUserFunctions[] = {
    {"announce", kWrites},           {"disconnect", kWrites},
    {"sign_off", kWritesUnlessFull}, {"left", kWrites},
    {"set_status", kWrites},         {"check", kWrites},
    {"forget", kWritesUnlessFull},   {"recall", kWrites},
    {"read", kReads, false},         {"published", kReads, false},
    {"explain", kReads, false},      {"ask", kWritesUnlessFull, false},
    {"refresh", kWrites, false},
};

static QByteArray userLibrary()
{
    QByteArray text = read({u"user/lib"_s, u"user/record"_s, u"user/reconcile"_s,
                            u"workspace/put"_s, u"user/follow"_s});
    for (const UserFunction &function : kUserFunctions) {
        const QByteArray name = "user_"_ba + function.file;
        text += (function.isChange ? "register_change('"_ba : "register('"_ba) + name + "', "
            + function.flags + ", function()\n"
            + read({u"user/"_s + QLatin1StringView(function.file)}) + "end)\n";
    }
    return text;
}

/// The name is folder_file: "due_enter" is due/enter.lua. Files of its folder may go before it.
static Script load(const QString &folder, const QString &file, Refused refused = Refused::Whole,
                   const QStringList &before = {})
{
    // Without such a line a script begins, and what it has done stays done.
    QByteArray line;
    if (refused != Refused::AtItsWrite)
        line = "#!lua flags=allow-cross-slot-keys"_ba
            + (refused == Refused::WholeUnlessFull ? ",allow-oom\n" : "\n");
    QStringList files;
    for (const QString &name : before + QStringList{file})
        files.append(folder + u'/' + name);
    return {(folder + u'_' + file).toLatin1(), line + read(files)};
}

static Script channel(const QString &file, Refused refused = Refused::Whole)
{
    return load(u"channel"_s, file, refused, {u"lib"_s});
}

constexpr auto kUnlessFull = Refused::WholeUnlessFull;

static Script readsChannel(const QString &file)
{
    return load(u"channel"_s, file, Refused::AtItsWrite, {u"lib"_s});
}

static Script reads(const QString &folder, const QString &file)
{
    return load(folder, file, Refused::AtItsWrite);
}

Scripts::Scripts()
    : users("presenced_user"_ba, userLibrary()), userAnnounce("user_announce"_ba, users),
      userRefresh("user_refresh"_ba, users), userDisconnect("user_disconnect"_ba, users),
      userSignOff("user_sign_off"_ba, users), userLeft("user_left"_ba, users),
      userSetStatus("user_set_status"_ba, users), userCheck("user_check"_ba, users),
      userForget("user_forget"_ba, users), userRecall("user_recall"_ba, users),
      userRead("user_read"_ba, users), userPublished("user_published"_ba, users),
      userExplain("user_explain"_ba, users), userAsk("user_ask"_ba, users),
      userErase(load(u"user"_s, u"erase"_s, kUnlessFull)), workspacePut("workspace_put"_ba, users),
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
      dueRaise(load(u"due"_s, u"raise"_s, kUnlessFull)), dueTrim(reads(u"due"_s, u"trim"_s)),
      dueLease(load(u"due"_s, u"lease"_s)), dueSetBack(load(u"due"_s, u"set_back"_s, kUnlessFull)),
      dueLargest(reads(u"due"_s, u"largest"_s)),
      nodeReportBehind(load(u"node"_s, u"report_behind"_s, kUnlessFull)),
      nodesBehind(reads(u"node"_s, u"behind"_s)), claimFormat(reads(u"node"_s, u"claim_format"_s)),
      nodeProbe(load(u"node"_s, u"probe"_s)), nodeConsumers(reads(u"node"_s, u"consumers"_s)),
      nodeIncident(load(u"node"_s, u"incident"_s))
{
}

std::vector<const Script *> Scripts::all() const
{
    return {&userErase,         &workspaceSnapshot, &workspaceOnline,  &workspaceStale,
            &channelJoin,       &channelLeave,      &channelQuit,      &channelTypingStart,
            &channelTypingStop, &channelSweep,      &channelRead,      &channelPage,
            &channelRefresh,    &dueEnter,          &dueReschedule,    &dueRead,
            &dueAcknowledge,    &dueRaise,          &dueTrim,          &dueLease,
            &dueSetBack,        &dueLargest,        &nodeReportBehind, &nodesBehind,
            &claimFormat,       &nodeProbe,         &nodeConsumers,    &nodeIncident};
}

} // namespace presence::rules
