// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/script.h"

namespace presence::rules {

/// What is in resources/lua, loaded once. Each file's head says what its KEYS and ARGV are. The
/// rules of users are functions of a library, because a script would make all that they share at
/// each call. Immutable after start: shared by all threads.
struct Scripts
{
    Scripts();

    /// Those that are no functions, to load them into a Redis that has just started, before they
    /// are needed.
    std::vector<const redis::Script *> all() const;

    redis::FunctionLibrary users;
    redis::Script userAnnounce, userRefresh, userDisconnect, userSignOff, userLeft, userSetStatus,
        userCheck, userForget, userRecall, userRead, userPublished, userExplain, userAsk;
    redis::Script userErase;
    redis::Script workspacePut, workspaceSnapshot, workspaceOnline, workspaceStale;
    redis::Script channelJoin, channelLeave, channelQuit, channelTypingStart, channelTypingStop,
        channelSweep, channelRefresh, channelRead, channelPage;
    redis::Script dueEnter, dueReschedule, dueRead, dueAcknowledge, dueRaise, dueTrim, dueLease,
        dueSetBack, dueLargest;
    redis::Script nodeReportBehind, nodesBehind, claimFormat, nodeProbe, nodeConsumers,
        nodeIncident;
};

} // namespace presence::rules
