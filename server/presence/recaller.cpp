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

/// Longer than the archive takes to say that it is away.
static constexpr auto kAsking = 5'000ms;
static constexpr auto kNothingKnown = 30'000ms;
static constexpr auto kPause = 50ms;
static constexpr int kTries = kAsking / kPause + 10;

/// The client-held status, as resources/lua/user/lib.lua has it; "" for the default.
static QByteArray heldBy(const ArchivedUser &user)
{
    if (user.status == "online" && user.customMessage.isEmpty() && user.emoji.isEmpty())
        return ""_ba;
    const QJsonArray held{QString::fromUtf8(user.status), QString::fromUtf8(user.customMessage),
                          QString::fromUtf8(user.emoji), QString::number(user.expiresAt)};
    return QJsonDocument(held).toJson(QJsonDocument::Compact);
}

static QByteArray waitingFor(const UserId &user, Recaller::For whom)
{
    return user.bytes() + (whom == Recaller::For::Reader ? " read" : " show");
}

void Recaller::recall(const UserId &user, For whom, std::function<void()> done)
{
    auto &waiting = m_waiting[waitingFor(user, whom)];
    waiting.push_back(std::move(done));
    if (waiting.size() == 1)
        ask(user, whom, kTries);
}

void Recaller::ask(const UserId &user, For whom, int tries)
{
    const QByteArray key = m_store.keys.recalled(user);
    m_store.redis.command(key, {"SET", key, "asked", "NX", "GET", "PX", number(kAsking.count())},
                          [this, user, whom, tries](Result<Reply> reply) {
                              reply = accepted(std::move(reply));
                              const bool isKnown = reply && reply->bytes() == "none";
                              if (!reply || tries == 0 || (isKnown && whom == For::Reader))
                                  return finish(user, whom);
                              if (reply->isNil() || isKnown)
                                  return fetch(user, whom);
                              QTimer::singleShot(kPause, &m_store.redis, [this, user, whom, tries] {
                                  ask(user, whom, tries - 1);
                              });
                          });
}

void Recaller::fetch(const UserId &user, For whom)
{
    m_store.archive->find(
        user, [this, user, whom](const Result<std::optional<ArchivedUser>> &found) {
            const bool isUnknown = found && !*found;
            const auto given = [this, user, whom, isUnknown] {
                const QByteArray key = m_store.keys.recalled(user);
                m_store.redis.command(
                    key,
                    isUnknown ? Command{"SET", key, "none", "PX", number(kNothingKnown.count())}
                              : Command{"DEL", key},
                    [this, user, whom](const auto &) { finish(user, whom); });
            };
            if (const auto known = found.value_or(std::nullopt))
                give(user,
                     {"found", heldBy(*known), number(known->revision), number(known->lastSeen),
                      number(known->updatedAt), known->shown},
                     given);
            else if (whom == For::Showing)
                give(user, {"none", "", "0", "0", "0", "{}"}, given);
            else
                given();
        });
}

void Recaller::give(const UserId &user, std::vector<QByteArray> arguments,
                    std::function<void()> done)
{
    m_steps.change(m_store.scripts.userRecall, user, std::move(arguments), Index::Which::Any,
                   [done = std::move(done)](const auto &) { done(); });
}

void Recaller::finish(const UserId &user, For whom)
{
    for (const auto &done : m_waiting.take(waitingFor(user, whom)))
        done();
}

} // namespace presence::rules
