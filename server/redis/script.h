// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/command.h"
#include "shared/core/result.h"

#include <QStringList>

#include <optional>

namespace presence::redis {

/// A Lua script that is called by its digest and sent whole only when the server does not have it.
///
/// A value that may be shared between threads once it is made.
class Script
{
public:
    /// `name` is for logs and metrics.
    Script(QByteArray name, QByteArray text);

    /// The files at `paths` one after the other: what several scripts share, then the body.
    /// `firstLine` goes before them. NotFound when one cannot be read.
    static Result<Script> fromResource(QByteArray name, const QStringList &paths,
                                       const QByteArray &firstLine = {});

    const QByteArray &name() const { return m_name; }
    const QByteArray &text() const { return m_text; }
    const QByteArray &sha1() const { return m_sha1; } ///< 40 hexadecimal digits

    /// EVALSHA of this script.
    Command command(std::vector<QByteArray> keys, std::vector<QByteArray> args) const;

    /// For a `command` made by command(), the same call as EVAL; nothing for other commands, nor
    /// for what is EVAL already.
    static std::optional<Command> withText(const Command &command);

private:
    QByteArray m_name;
    QByteArray m_text;
    QByteArray m_sha1;
};

} // namespace presence::redis
