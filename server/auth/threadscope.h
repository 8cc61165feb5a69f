// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

namespace presence::auth {

/// Gives back, when destroyed, what the cryptography library keeps for the present thread.
///
/// The library does so itself when a thread ends, but a QThread that has been waited for may not
/// have come that far when the process exits. Owned by whatever lives on the thread and verifies
/// tokens; outlives its last call. Not for the main thread, whose share goes with the process.
class ThreadScope
{
public:
    ThreadScope() = default;
    ~ThreadScope();
    Q_DISABLE_COPY_MOVE(ThreadScope)
};

} // namespace presence::auth
