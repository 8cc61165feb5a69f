// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/script.h"

namespace presence::rules {

/// The scripts in resources/lua, loaded once. Each file's head says what its KEYS and ARGV are.
/// Immutable after start: shared by all threads.
struct Scripts
{
    Scripts();

    /// To load them into a Redis that has just started, before they are needed.
    std::vector<const redis::Script *> all() const;

    redis::Script userAnnounce, userBeat, userRefresh, userDisconnect, userSignOff, userLeft,
        userSetStatus, userCheck, userForget, userRecall, userErase, userRead, userPublished,
        userExplain;
    redis::Script workspacePut, workspaceRefresh, workspaceSnapshot, workspaceOnline,
        workspaceStale;
    redis::Script channelJoin, channelLeave, channelQuit, channelTypingStart, channelTypingStop,
        channelSweep, channelRefresh, channelRead, channelPage;
    redis::Script dueEnter, dueReschedule, dueRead, dueAcknowledge, dueTrim, dueLease, dueSetBack,
        dueLargest;
    redis::Script nodeReportBehind, nodesBehind, claimFormat, nodeConsumers;
};

} // namespace presence::rules
