// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <optional>

namespace presence {

/// Whether what `text` says is to be logged: at most once in 10 s, by whichever thread. Several
/// connections meet the same fault, and a full server refuses thousands of changes a second.
/// Nothing: it is not; else what the line ends with: "" or " count=38", which is how many it stands
/// for.
std::optional<QString> sampled(const QString &text);

} // namespace presence
