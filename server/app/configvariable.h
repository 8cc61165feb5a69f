// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/config.h"

#include <functional>

/// Inside of Config: how one variable is described and read.
namespace presence::app {

using Setter = std::function<Result<void>(Config &, const QString &)>;

struct Variable
{
    QString name;
    QString defaultValue;
    QString meaning;
    Setter set; ///< what is wrong is said without the name and the value
};

inline Failure wrong(QString what)
{
    return fail(ErrorCode::Invalid, std::move(what));
}

inline Result<qint64> toWhole(const QString &text, qint64 min, qint64 max)
{
    using namespace Qt::StringLiterals;
    bool ok = false;
    const qint64 value = text.toLongLong(&ok);
    if (!ok || value < min || value > max)
        return wrong(u"must be a whole number from %1 to %2"_s.arg(min).arg(max));
    return value;
}

/// A whole number that `apply` puts in its place.
template <typename Apply>
Setter whole(qint64 min, qint64 max, Apply apply)
{
    return [=](Config &config, const QString &text) -> Result<void> {
        const auto value = toWhole(text, min, max);
        if (!value)
            return Failure(value.error());
        apply(config, *value);
        return {};
    };
}

template <typename Apply>
Setter text(Apply apply)
{
    return [=](Config &config, const QString &value) -> Result<void> {
        apply(config, value);
        return {};
    };
}

/// true or false; 1 and 0, yes and no, on and off as well.
template <typename Apply>
Setter flag(Apply apply)
{
    return [=](Config &config, const QString &value) -> Result<void> {
        static const QStringList yes{QStringLiteral("true"), QStringLiteral("1"),
                                     QStringLiteral("yes"), QStringLiteral("on")};
        static const QStringList no{QStringLiteral("false"), QStringLiteral("0"),
                                    QStringLiteral("no"), QStringLiteral("off")};
        const bool isTrue = yes.contains(value.toLower());
        if (!isTrue && !no.contains(value.toLower()))
            return wrong(QStringLiteral("must be true or false"));
        apply(config, isTrue);
        return {};
    };
}

/// configauth.cpp
QList<Variable> authVariables();
/// configredis.cpp
QList<Variable> redisVariables();
/// What the variables of Redis mean together: which deployment it is, and how it is spoken to.
Result<void> finishRedis(Config &config);

} // namespace presence::app
