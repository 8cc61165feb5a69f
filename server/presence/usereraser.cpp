// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/usereraser.h"

#include "server/presence/session.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::KeySpace;
using redis::Reply;

/// Longer than any node is cut off without closing its connections.
static constexpr std::chrono::seconds kErased = 24h;

void UserEraser::erase(const UserId &user, Callback<std::chrono::milliseconds> done)
{
    m_transitions.change(m_store.scripts.userSignOff, user, {""_ba, "0"_ba, "once"_ba, ""_ba},
                         DueQueue::Which::Known,
                         [this, user, done = std::move(done)](const auto &transition) {
                             if (transition)
                                 forget(user, done);
                             else
                                 done(Failure(transition.error()));
                         });
}

void UserEraser::forget(const UserId &user, Callback<std::chrono::milliseconds> done)
{
    m_store.redis.eval(
        m_store.scripts.userErase, m_store.keys.user(user).all(),
        {user.bytes(), number(kErased), m_store.keys.userEvents(user)},
        [this, user, done = std::move(done)](Result<Reply> reply) {
            reply = accepted(std::move(reply));
            if (!reply)
                return done(Failure(reply.error()));
            m_transitions.tellOwnConnections(user, bus::ControlEvent::signOff(DeviceId()));
            forgetElsewhere(user, std::chrono::milliseconds(reply->bytes().toLongLong()), done);
        });
}

void UserEraser::forgetElsewhere(const UserId &user, std::chrono::milliseconds at,
                                 Callback<std::chrono::milliseconds> done)
{
    const auto left = std::make_shared<int>(0);
    const auto failed = std::make_shared<std::optional<Error>>();
    for (const QByteArray &key :
         {KeySpace::kVisible, KeySpace::kFlapping, KeySpace::kDueUsers, KeySpace::kStatusExpiry}) {
        ++*left;
        m_store.redis.command(key, {"ZREM", key, user.bytes()},
                              [left, failed, at, done](Result<Reply> reply) {
                                  reply = accepted(std::move(reply));
                                  if (!reply)
                                      *failed = reply.error();
                                  if (--*left > 0)
                                      return;
                                  if (*failed)
                                      done(Failure(**failed));
                                  else
                                      done(at);
                              });
    }
}

} // namespace presence::rules
