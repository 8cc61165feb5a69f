// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/logthrottle.h"

#include <QDeadlineTimer>
#include <QHash>

#include <chrono>
#include <mutex>

namespace presence {

bool mayLog(const QString &text)
{
    constexpr std::chrono::seconds kQuiet(10);
    static std::mutex mutex;
    static QHash<QString, QDeadlineTimer> quiet;
    const std::scoped_lock lock(mutex);
    quiet.removeIf([](const auto &entry) { return entry.value().hasExpired(); });
    const bool isNew = !quiet.contains(text);
    quiet.insert(text, QDeadlineTimer(kQuiet));
    return isNew;
}

} // namespace presence
