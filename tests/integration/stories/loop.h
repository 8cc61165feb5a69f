// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <functional>

namespace presence::test {

/// Runs the event loop, on which the nodes live too, until `isSo`. False after `patience` ms.
/// Looks after every pass: the loop is never idle for longer than a node's timers.
[[nodiscard]] bool until(const std::function<bool()> &isSo, int patience = 5000);

} // namespace presence::test
