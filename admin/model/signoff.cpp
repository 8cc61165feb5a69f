// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/signoff.h"

#include "admin/model/texts.h"

#include <QCoreApplication>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::JsonView;

class SignOffs
{
    Q_DECLARE_TR_FUNCTIONS(SignOffs)
};

QStringList holdTexts()
{
    return {SignOffs::tr("May return with a new token"), SignOffs::tr("Not within 5 minutes"),
            SignOffs::tr("Not within an hour"), SignOffs::tr("Not within a day")};
}

std::optional<ReturnTimes> returnTimes(const JsonView &answer)
{
    const auto issued = answer["issued_until"].toWhole();
    const auto unstated = answer["unstated_until"].toWhole();
    if (!issued || !unstated)
        return std::nullopt;
    return ReturnTimes{Milliseconds(std::chrono::milliseconds(*issued)),
                       Milliseconds(std::chrono::milliseconds(*unstated))};
}

bool knowsHold(const JsonView &answer)
{
    return !answer["issued_until"].isUndefined();
}

void ReturnRange::add(const ReturnTimes &times)
{
    const ReturnTimes first = m_first.value_or(times);
    m_first = {std::min(first.issuedUntil, times.issuedUntil),
               std::min(first.unstatedUntil, times.unstatedUntil)};
    m_last = {std::max(m_last.issuedUntil, times.issuedUntil),
              std::max(m_last.unstatedUntil, times.unstatedUntil)};
}

QString ReturnRange::text() const
{
    if (!m_first)
        return {};
    const QString issued = timeText(m_first->issuedUntil);
    const QString unstated = timeText(m_first->unstatedUntil);
    const QString lastIssued = timeText(m_last.issuedUntil);
    const QString lastUnstated = timeText(m_last.unstatedUntil);
    if (issued == lastIssued && unstated == lastUnstated)
        return returnText(m_last);
    return SignOffs::tr("A return takes a token issued after %1 to %2, each user having a time of "
                        "its own; one without the claim iat is refused until %3 to %4.")
        .arg(issued, lastIssued, unstated, lastUnstated);
}

QString returnText(const ReturnTimes &times)
{
    return SignOffs::tr("A return takes a token issued after %1; one without the claim iat is "
                        "refused until %2.")
        .arg(timeText(times.issuedUntil), timeText(times.unstatedUntil));
}

} // namespace presence::dashboard
