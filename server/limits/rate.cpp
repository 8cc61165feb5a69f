// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/rate.h"

#include <QRegularExpression>

namespace presence::limits {

using namespace Qt::StringLiterals;

Result<Rate> Rate::parse(const QString &text)
{
    if (text == "0"_L1)
        return Rate();
    static const QRegularExpression form(
        u"^([1-9][0-9]{0,8})/([sm])(?: +burst=([1-9][0-9]{0,8}))?$"_s);
    const auto match = form.match(text);
    if (!match.hasMatch())
        return fail(ErrorCode::Invalid,
                    u"must be such as 50/s burst=600 or 30/m burst=20, or 0 for no limit"_s);
    Rate rate{.count = match.captured(1).toInt(),
              .per = std::chrono::seconds(match.captured(2) == "m"_L1 ? 60 : 1)};
    rate.burst = match.captured(3).isEmpty() ? rate.count : match.captured(3).toInt();
    return rate;
}

QString Rate::toString() const
{
    if (isUnlimited())
        return u"0"_s;
    return u"%1/%2 burst=%3"_s.arg(count).arg(per.count() == 1 ? u"s"_s : u"m"_s).arg(burst);
}

} // namespace presence::limits
