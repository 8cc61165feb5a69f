// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/net/problems.h"

#include "shared/protocol/disconnect.h"

#include <QCoreApplication>

namespace presence::admin {

using namespace Qt::StringLiterals;
using protocol::CloseCode;

static QString tr(const char *text)
{
    return QCoreApplication::translate("Connection", text);
}

Ending endingOf(int closeCode)
{
    const auto code = static_cast<CloseCode>(closeCode);
    switch (code) {
    case CloseCode::TokenExpired:
        return {tr("The token has expired. Enter a new one to go on."), true};
    case CloseCode::SignedOff:
        return {tr("This connection was signed off by somebody."), true};
    case CloseCode::SlowConsumer:
        return {tr("This computer was too slow for what the daemon had to say."), false};
    case CloseCode::Draining:
        return {tr("The node is shutting down."), false};
    case CloseCode::Unavailable:
        return {tr("Redis is away."), false};
    default:
        break;
    }
    // 1006 stands for a connection that broke without a word.
    const bool isOurs = closeCode >= 4000;
    return {tr("The connection was lost."), isOurs && !mayReconnect(code)};
}

Ending endingOf(const QString &error, bool isUntrusted)
{
    if (isUntrusted)
        return {tr("The daemon's certificate is not one that this computer trusts."), true};
    if (error.contains("401"_L1))
        return {tr("The daemon does not accept the token: it is wrong, or has expired."), true};
    if (error.contains("403"_L1))
        return {tr("The daemon does not allow connections from here."), true};
    if (error.contains("404"_L1))
        return {tr("There is something else than presenced at this address."), true};
    if (error.contains("429"_L1))
        return {tr("The daemon has too many connections from here."), false};
    if (error.contains("503"_L1))
        return {tr("The daemon takes no connections now."), false};
    return {tr("The daemon cannot be reached: %1").arg(error), false};
}

QString reasonInWords(const QString &reason)
{
    if (reason == "unauthorized"_L1)
        return tr("The token does not allow this: it needs the scope admin.");
    if (reason == "unavailable"_L1)
        return tr("Redis is away.");
    if (reason == "filter needed"_L1)
        return tr("This daemon does not publish everything: choose a user, a channel or a "
                  "workspace.");
    return reason;
}

} // namespace presence::admin
