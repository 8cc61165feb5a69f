// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/changestream.h"
#include "server/presence/datalossdetector.h"
#include "server/presence/presenceconfig.h"
#include "server/presence/scripts.h"
#include "server/presence/userarchive.h"
#include "server/redis/client.h"
#include "server/redis/keyspace.h"
#include "shared/core/decimal.h"

namespace presence::rules {

/// What every class of this module works with. All references outlive the module's objects.
struct Store
{
    redis::Client &redis;
    const redis::KeySpace &keys;
    const Scripts &scripts;
    PresenceConfig config;
    DataLossDetector *losses = nullptr; ///< null: Redis loses nothing
    const ChangeStream *changes = nullptr; ///< null: nobody consumes them
    UserArchive *archive = nullptr; ///< null: there is none

    /// As DataLossDetector::guard().
    template <typename T, typename Read>
    void guard(Callback<T> done, Read read) const
    {
        if (losses)
            losses->guard<T>(std::move(done), std::move(read));
        else
            read(std::move(done));
    }

    /// Redis may have lost everything a moment ago.
    bool mayHaveLost() const { return losses && !losses->isComplete(); }

    /// A channel of KeySpace's for other services, or "" when nothing is published for them.
    QByteArray forOthers(const QByteArray &channel) const
    {
        return config.publishes ? channel : QByteArray("");
    }
};

inline QByteArray number(qint64 value)
{
    return Decimal(value).bytes();
}

inline QByteArray number(std::chrono::seconds value)
{
    return number(static_cast<qint64>(value.count()));
}

/// Since the epoch.
inline QByteArray number(std::chrono::sys_seconds time)
{
    return number(time.time_since_epoch());
}

/// For callers that do not care for the transition that a change made.
template <typename Step>
Callback<Step> withoutTransition(Callback<void> done)
{
    return [done = std::move(done)](const Result<Step> &transition) {
        if (transition)
            done({});
        else
            done(Failure(transition.error()));
    };
}

/// Redis may do later what it did not do because of `error`.
inline bool mayBeRetried(const Error &error)
{
    return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Timeout;
}

/// Between attempts at what is tried until it is done, each twice as long as the one before. A
/// user's connections have the time for three: ANSWER_TIME in resources/lua/user/reconcile.lua.
inline constexpr std::chrono::seconds kFirstRetry{1};
inline constexpr std::chrono::seconds kLastRetry{30};

/// The value of a reply, or the Error that an error reply or an unexpected one stands for.
Result<redis::Reply> accepted(Result<redis::Reply> reply);
/// The same for a pipeline: the first error among its replies.
Result<redis::Client::Replies> accepted(Result<redis::Client::Replies> replies);

} // namespace presence::rules
