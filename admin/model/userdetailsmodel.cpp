// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/userdetailsmodel.h"

#include "shared/protocol/adminreader.h"

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::JsonView;

static constexpr auto kDetailsInterval = 2000ms;

UserDetailsModel::UserDetailsModel(OverviewModel &overview, QObject *parent)
    : QObject(parent), m_overview(overview), m_sessions(overview.clock())
{
    m_timer.setInterval(kDetailsInterval);
    connect(&m_timer, &QTimer::timeout, this, &UserDetailsModel::refresh);
    connect(&overview, &OverviewModel::joined, this, &UserDetailsModel::refresh);
}

void UserDetailsModel::watch(const UserId &user)
{
    if (user == m_user)
        return refresh();
    m_user = user;
    m_hasDetails = false;
    m_details = {};
    m_problem.clear();
    m_earlier.clear();
    m_next.clear();
    m_mayHaveEarlier = true;
    m_isReading = false;
    m_earlierProblem.clear();
    ++m_question;
    ++m_earlierQuestion;
    m_hasAskedEarlier = false;
    m_known.clear();
    m_sessions.setRows({});
    m_changes.setRows({});
    Q_EMIT changed();
    refresh();
}

void UserDetailsModel::setActive(bool isActive)
{
    if (isActive == m_timer.isActive())
        return;
    if (!isActive)
        return m_timer.stop();
    m_timer.start();
    refresh();
}

void UserDetailsModel::refresh()
{
    if (m_user.isEmpty())
        return;
    m_overview.ask("get_user", {{"user_id"_L1, m_user.toString()}},
                   [self = QPointer(this), question = ++m_question](const Result<JsonView> &reply) {
                       if (!self || self->m_question != question)
                           return;
                       self->m_problem = reply ? QString() : reply.error().detail;
                       if (reply) {
                           self->takeDetails(protocol::readUserDetails(*reply));
                           self->m_sessions.setRows(self->m_details.sessions);
                           self->showChanges();
                           self->m_sessions.refreshAges();
                       }
                       Q_EMIT self->changed();
                       if (reply && self->lacksOfToday()
                           && !std::exchange(self->m_hasAskedEarlier, true))
                           self->readEarlier();
                   });
}

/// What Redis has forgotten meanwhile was shown already, and stays.
void UserDetailsModel::takeDetails(UserDetails details)
{
    const Seconds oldest = details.changes.empty() ? Seconds::max() : details.changes.back().at;
    const Seconds known = m_earlier.empty() ? Seconds::min() : m_earlier.front().at;
    std::vector<ChangeRow> forgotten;
    for (const ChangeRow &change : m_hasDetails ? m_details.changes : std::vector<ChangeRow>()) {
        if (change.at < oldest && change.at > known)
            forgotten.push_back(change);
    }
    m_earlier.insert(m_earlier.begin(), forgotten.begin(), forgotten.end());
    m_details = std::move(details);
    m_hasDetails = true;
}

/// Those of Redis, and before them those of MongoDB.
void UserDetailsModel::showChanges()
{
    m_known = m_details.changes;
    const Seconds oldest = m_known.empty() ? Seconds::max() : m_known.back().at;
    std::ranges::copy_if(m_earlier, std::back_inserter(m_known),
                         [oldest](const ChangeRow &change) { return change.at < oldest; });
    m_changes.setRows(m_known);
    // Of a user that nothing has happened to for long.
    if (m_known.empty() && m_details.seenAt)
        m_known.push_back({.at = *m_details.seenAt,
                           .seen = m_details.seen.status,
                           .chosen = m_details.stored.status});
}

/// Redis does not have all of the last day.
bool UserDetailsModel::lacksOfToday() const
{
    return m_known.empty() || m_known.back().at > m_details.time - 24h;
}

void UserDetailsModel::readEarlier()
{
    if (!mayHaveEarlier())
        return;
    m_isReading = true;
    QJsonObject question{{"user_id"_L1, m_user.toString()}};
    if (!m_next.isEmpty())
        question["after"_L1] = m_next;
    m_overview.ask(
        "get_history", question,
        [self = QPointer(this), number = ++m_earlierQuestion](const Result<JsonView> &reply) {
            if (!self || self->m_earlierQuestion != number)
                return;
            self->m_isReading = false;
            self->m_earlierProblem = reply ? QString() : reply.error().detail;
            if (reply)
                self->takeEarlier(*reply);
            else
                self->m_mayHaveEarlier = reply.error().isTransient();
            Q_EMIT self->changed();
        });
    Q_EMIT changed();
}

void UserDetailsModel::takeEarlier(const JsonView &reply)
{
    const int before = m_changes.rowCount();
    for (const ChangeRow &change : protocol::readChanges(reply["changes"]))
        m_earlier.push_back(change);
    m_next = QString::fromUtf8(reply["next"].bytes());
    m_mayHaveEarlier = !m_next.isEmpty();
    showChanges();
    // All of it may be what Redis has.
    if (m_changes.rowCount() == before)
        readEarlier();
}

static QString devicesSentence(const UserDetails &details)
{
    const auto count = static_cast<int>(details.sessions.size());
    const auto idle = static_cast<int>(
        std::ranges::count_if(details.sessions, [](const SessionRow &row) { return row.isIdle; }));
    if (count == 0)
        return UserDetailsModel::tr("No device is connected.");
    const auto ghosts = static_cast<int>(std::ranges::count_if(
        details.sessions, [](const SessionRow &row) { return !row.isNodeAlive; }));
    QString text = UserDetailsModel::tr("%n device(s) are live, ", nullptr, count)
        + UserDetailsModel::tr("%n of them idle.", nullptr, idle);
    if (ghosts > 0)
        text += u' '
            + UserDetailsModel::tr("%n device(s) are ghosts: their node is unreachable.", nullptr,
                                   ghosts);
    return text;
}

static QString ruleSentence(const UserDetails &details)
{
    const QString chosen = statusText(details.stored.status);
    switch (details.rule) {
    case Rule::NoDevice:
        return UserDetailsModel::tr("So the user is offline, whatever it chose (%1).").arg(chosen);
    case Rule::Hidden:
        return UserDetailsModel::tr("The user chose to be %1: others see it as offline, without "
                                    "devices, in no list and in no channel.")
            .arg(chosen);
    case Rule::Chosen:
        return UserDetailsModel::tr("The user chose to be %1. A choice counts more than what its "
                                    "devices do.")
            .arg(chosen);
    case Rule::AllIdle:
        return UserDetailsModel::tr("The user chose nothing but online, and all its devices are "
                                    "idle: so it is away.");
    case Rule::Active:
        return UserDetailsModel::tr("The user chose nothing but online, and a device is active: "
                                    "so it is online.");
    case Rule::Lost:
        break;
    }
    return UserDetailsModel::tr(
        "Redis has lost the user's sessions. The last published state stays until its connections "
        "have registered again, or the sessions expire.");
}

static QString seenSentence(const UserDetails &details)
{
    const QString status = statusText(details.seen.status);
    if (!details.seenAt)
        return UserDetailsModel::tr("Others were never told anything of this user.");
    return UserDetailsModel::tr("Others see %1, since %2.").arg(status, timeText(*details.seenAt));
}

static QString nextSentence(const UserDetails &details)
{
    if (!details.next)
        return details.sessions.empty()
            ? UserDetailsModel::tr("Nothing will change until a device connects.")
            : UserDetailsModel::tr("No change is due: an open connection does not expire.");
    const QString when = timeText(details.next->at);
    const QString in = durationText(details.next->at - details.time);
    const QString status = statusText(details.next->status);
    if (details.next->cause == "expiry")
        return UserDetailsModel::tr("At %1, in %2, the chosen status expires; then the user is %3.")
            .arg(when, in, status);
    if (details.next->cause == "grace")
        return UserDetailsModel::tr("All connections have ended. At %1, in %2, the grace period "
                                    "ends; unless a device reconnects, the user is %3 then.")
            .arg(when, in, status);
    return UserDetailsModel::tr("At %1, in %2, the last device expires unless it sends a "
                                "heartbeat; then the user is %3.")
        .arg(when, in, status);
}

QStringList UserDetailsModel::why() const
{
    if (!m_hasDetails)
        return {};
    if (!m_details.isKnown && m_details.sessions.empty())
        return {
            tr("Redis has nothing of a user of this name: it was never here, or not for long.")};
    return {devicesSentence(m_details), ruleSentence(m_details), seenSentence(m_details),
            nextSentence(m_details)};
}

} // namespace presence::dashboard
