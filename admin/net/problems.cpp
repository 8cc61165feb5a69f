// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/net/problems.h"

#include "shared/protocol/disconnect.h"

#include <QCoreApplication>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::CloseCode;

class Problems
{
    Q_DECLARE_TR_FUNCTIONS(Problems)
};

Ending endingOf(int closeCode)
{
    const auto code = static_cast<CloseCode>(closeCode);
    switch (code) {
    case CloseCode::TokenExpired:
        return {Problems::tr("The token has expired. Enter a new one to go on."), true};
    case CloseCode::SignedOff:
        return {Problems::tr("This connection was signed off."), true};
    case CloseCode::SlowConsumer:
        return {Problems::tr("This computer was too slow for what the daemon had to say."), false};
    case CloseCode::Draining:
        return {Problems::tr("The node is draining."), false};
    case CloseCode::Unavailable:
        return {Problems::tr("Redis is unreachable."), false};
    default:
        break;
    }
    // 1006 stands for a connection that broke without a word.
    const bool isOurs = closeCode >= 4000;
    return {Problems::tr("The connection was lost."), isOurs && !mayReconnect(code)};
}

Ending endingOf(const QString &error, bool isUntrusted)
{
    if (isUntrusted)
        return {Problems::tr("The daemon's certificate is not one that this computer trusts."),
                true};
    // From Qt 6.6 on it looks for a way to sign in first.
    if (error.contains("401"_L1) || error.contains("WWW-Authenticate"_L1)
        || error.contains("requires authentication"_L1))
        return {Problems::tr("The daemon does not accept the token: it is wrong, or has expired."),
                true};
    if (error.contains("403"_L1))
        return {Problems::tr("The daemon does not allow connections from here."), true};
    if (error.contains("404"_L1))
        return {Problems::tr("There is something else than presenced at this address."), true};
    if (error.contains("429"_L1))
        return {Problems::tr("The daemon has too many connections from here."), false};
    if (error.contains("503"_L1))
        return {Problems::tr("The daemon takes no connections now."), false};
    if (error.isEmpty())
        return {Problems::tr("The daemon does not answer."), false};
    return {Problems::tr("The daemon cannot be reached: %1.").arg(error), false};
}

QString reasonInWords(const QString &reason)
{
    if (reason == "unauthorized"_L1)
        return Problems::tr("The token does not allow this: it needs the scope admin.");
    if (reason == "unavailable"_L1)
        return Problems::tr("Redis is unreachable.");
    if (reason == "filter needed"_L1)
        return Problems::tr(
            "This daemon does not publish everything: choose a user, a channel or a "
            "workspace.");
    return reason;
}

} // namespace presence::dashboard
