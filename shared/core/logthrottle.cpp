// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/logthrottle.h"

#include "shared/core/logging.h"

#include <QCoreApplication>
#include <QHash>
#include <QTimer>

#include <chrono>
#include <mutex>

namespace presence {

using namespace std::chrono_literals;

static constexpr auto kQuiet = 10s;
/// As many as that are a flood: each connection of a node may meet a fault once.
static constexpr qint64 kFlood = 10;
/// Texts that are counted at a time; what is met besides is logged each time, as nothing is known
/// of it. Most texts come from a handful of places.
static constexpr qsizetype kMost = 1000;

namespace {
struct Silence
{
    std::mutex mutex;
    QHash<QString, qint64> left; ///< text -> how often it was not logged since the last line
};
} // namespace

static Silence &silence()
{
    static Silence silence;
    return silence;
}

/// On the main thread.
static void sayAgainLater(const QString &text)
{
    QTimer::singleShot(kQuiet, QCoreApplication::instance(), [text] {
        qint64 count = 0;
        {
            const std::scoped_lock lock(silence().mutex);
            count = std::exchange(silence().left[text], 0);
            if (count < kFlood)
                silence().left.remove(text);
        }
        if (count < kFlood)
            return;
        qCWarning(lcApp).noquote().nospace() << text << " again count=" << count;
        sayAgainLater(text);
    });
}

bool mayLog(const QString &text)
{
    {
        const std::scoped_lock lock(silence().mutex);
        const auto known = silence().left.find(text);
        if (known != silence().left.end()) {
            ++*known;
            return false;
        }
        if (silence().left.size() >= kMost || !QCoreApplication::instance())
            return true;
        silence().left.insert(text, 0);
    }
    QMetaObject::invokeMethod(
        QCoreApplication::instance(), [text] { sayAgainLater(text); }, Qt::QueuedConnection);
    return true;
}

} // namespace presence
