// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdio>

namespace presence::bench {

/// Reads what rows have printed, from any number of runs, and prints it as Markdown: the table of
/// targets, then what else was seen. Returns the exit code.
int printTable(std::FILE *figures);

} // namespace presence::bench
