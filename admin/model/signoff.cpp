// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/signoff.h"

#include "admin/model/texts.h"

#include <QCoreApplication>

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

QString returnText(const ReturnTimes &times)
{
    return SignOffs::tr("A return takes a token issued after %1; one without the claim iat is "
                        "refused until %2.")
        .arg(timeText(times.issuedUntil), timeText(times.unstatedUntil));
}

} // namespace presence::dashboard
