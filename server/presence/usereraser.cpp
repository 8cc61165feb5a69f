// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/usereraser.h"

#include "server/presence/session.h"

#include <QTimer>

namespace presence::rules {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::KeySpace;
using redis::Reply;

/// A connection that is told to close is gone within this.
static constexpr auto kEndPause = 100ms;
static constexpr int kEndTries = 50;

void UserEraser::erase(const UserId &user, Callback<std::chrono::milliseconds> done)
{
    // Not even REST sessions come back: who calls afterwards is new.
    m_steps.change(m_store.scripts.userSignOff, user, {""_ba, kRestSessionPrefix},
                   Index::Which::Known, [this, user, done = std::move(done)](const auto &step) {
                       if (!step)
                           return done(Failure(step.error()));
                       m_steps.tellOwnConnections(user, bus::ControlEvent::signOff(DeviceId()));
                       forget(user, kEndTries, done);
                   });
}

void UserEraser::forget(const UserId &user, int tries, Callback<std::chrono::milliseconds> done)
{
    m_store.redis.eval(
        m_store.scripts.userErase, m_store.keys.user(user).all(),
        {user.bytes(), m_store.keys.controlEvents(user)},
        [this, user, tries, done = std::move(done)](Result<Reply> reply) {
            reply = accepted(std::move(reply));
            if (!reply)
                return done(Failure(reply.error()));
            if (!reply->bytes().isEmpty())
                return forgetElsewhere(user, std::chrono::milliseconds(reply->bytes().toLongLong()),
                                       done);
            if (tries == 0)
                return done(fail(ErrorCode::Unavailable, u"a connection of the user stays"_s));
            QTimer::singleShot(kEndPause, &m_store.redis,
                               [this, user, tries, done] { forget(user, tries - 1, done); });
        });
}

void UserEraser::forgetElsewhere(const UserId &user, std::chrono::milliseconds at,
                                 Callback<std::chrono::milliseconds> done)
{
    const auto left = std::make_shared<int>(0);
    const auto failed = std::make_shared<std::optional<Error>>();
    for (const QByteArray &key :
         {KeySpace::kVisible, KeySpace::kFlapping, KeySpace::kUserIndex, KeySpace::kStatusExpiry}) {
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
