// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/recaller.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTimer>

namespace presence::rules {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::Command;
using redis::Reply;

/// Whoever reads or joins waits no longer.
static constexpr auto kPatience = 1'000ms;
/// Longer than the archive takes to answer, or to be given up.
static constexpr auto kAsking = 15'000ms;
static constexpr auto kNothingKnown = 10'000ms;
static constexpr auto kPause = 50ms;
static constexpr int kTries = kPatience / kPause;

/// The client-held status, as resources/lua/user/lib.lua has it; "" for the default.
static QByteArray heldBy(const ArchivedUser &user)
{
    if (user.status == "online" && user.customMessage.isEmpty() && user.emoji.isEmpty()
        && user.expiresAt == 0)
        return ""_ba;
    const QJsonArray held{QString::fromUtf8(user.status), QString::fromUtf8(user.customMessage),
                          QString::fromUtf8(user.emoji), QString::number(user.expiresAt)};
    return QJsonDocument(held).toJson(QJsonDocument::Compact);
}

static QByteArray waitingFor(const UserId &user, Recaller::For whom)
{
    return user.bytes() + (whom == Recaller::For::Reader ? " read" : " show");
}

void Recaller::recall(const UserId &user, For whom, Done done)
{
    const QDeadlineTimer *unknown = m_unknown.object(user.bytes());
    if (whom == For::Reader && unknown && !unknown->hasExpired())
        return done(true);
    auto &waiting = m_waiting[waitingFor(user, whom)];
    waiting.done.push_back(std::move(done));
    if (waiting.done.size() > 1)
        return;
    waiting.number = ++m_recalls;
    ask(user, whom, kTries);
    QTimer::singleShot(kPatience, &m_store.redis, [this, user, whom, number = m_recalls] {
        if (m_waiting.value(waitingFor(user, whom)).number == number)
            finish(user, whom, false);
    });
}

void Recaller::ask(const UserId &user, For whom, int tries)
{
    const QByteArray key = m_store.keys.recalled(user);
    m_store.redis.command(key, {"SET", key, "asked", "NX", "GET", "PX", number(kAsking.count())},
                          [this, user, whom, tries](Result<Reply> reply) {
                              reply = accepted(std::move(reply));
                              if (!reply || tries == 0)
                                  return finish(user, whom, false);
                              if (reply->isNil())
                                  return fetch(user, whom);
                              QTimer::singleShot(kPause, &m_store.redis, [this, user, whom, tries] {
                                  ask(user, whom, tries - 1);
                              });
                          });
}

void Recaller::fetch(const UserId &user, For whom)
{
    m_store.archive->find(
        user, [this, user, whom](const Result<std::optional<ArchivedUser>> &result) {
            if (result)
                return found(user, whom, *result);
            // It could not be asked: what Redis knows has to do, and is no news for the archive.
            const QByteArray key = m_store.keys.recalled(user);
            m_store.redis.command(key, {"DEL", key},
                                  [this, user, whom](const auto &) { finish(user, whom, false); });
        });
}

void Recaller::found(const UserId &user, For whom, const std::optional<ArchivedUser> &known)
{
    const auto given = [this, user, whom] {
        const QByteArray key = m_store.keys.recalled(user);
        m_store.redis.command(key, {"DEL", key},
                              [this, user, whom](const auto &) { finish(user, whom, true); });
    };
    // Who is about to be shown will be known.
    if (!known && whom == For::Reader)
        m_unknown.insert(user.bytes(), new QDeadlineTimer(kNothingKnown));
    if (known)
        give(user,
             {"found", heldBy(*known), number(known->revision), number(known->lastSeen),
              number(known->updatedAt), known->shown},
             given);
    else if (whom == For::Showing)
        give(user, {"none", "", "0", "0", "0", "{}"}, given);
    else
        given();
}

void Recaller::give(const UserId &user, std::vector<QByteArray> arguments,
                    std::function<void()> done)
{
    m_transitions.change(m_store.scripts.userRecall, user, std::move(arguments),
                         DueQueue::Which::Any, [done = std::move(done)](const auto &) { done(); });
}

void Recaller::finish(const UserId &user, For whom, bool wasAsked)
{
    for (const auto &done : m_waiting.take(waitingFor(user, whom)).done)
        done(wasAsked);
}

} // namespace presence::rules
