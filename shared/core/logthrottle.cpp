// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/logthrottle.h"

#include <QDeadlineTimer>
#include <QHash>

#include <chrono>
#include <mutex>

namespace presence {

using namespace Qt::StringLiterals;

/// Between two lines.
static constexpr std::chrono::seconds kQuiet(10);
/// Texts that are remembered; of more, those that were not met lately are forgotten.
static constexpr qsizetype kMost = 1000;

namespace {
struct Sample
{
    QDeadlineTimer quiet;
    qint64 left = 0; ///< not logged since the last line
};
} // namespace

std::optional<QString> sampled(const QString &text)
{
    static std::mutex mutex;
    static QHash<QString, Sample> samples;
    const std::scoped_lock lock(mutex);
    const auto known = samples.find(text);
    if (known == samples.end()) {
        if (samples.size() >= kMost)
            samples.removeIf([](const auto &entry) { return entry.value().quiet.hasExpired(); });
        samples.insert(text, {QDeadlineTimer(kQuiet)});
        return QString();
    }
    if (!known->quiet.hasExpired()) {
        ++known->left;
        return std::nullopt;
    }
    const qint64 count = std::exchange(known->left, 0) + 1;
    known->quiet.setRemainingTime(kQuiet);
    return count > 1 ? u" count=%1"_s.arg(count) : QString();
}

} // namespace presence
