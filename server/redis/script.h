// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/command.h"
#include "shared/core/result.h"

#include <QStringList>

#include <optional>
#include <vector>

namespace presence::redis {

/// A library of Redis Functions: its Lua is run once, when the server loads it, and its functions
/// are called by name. It is named after its text, so libraries of two versions are beside each
/// other.
///
/// A value that may be shared between threads once it is made.
class FunctionLibrary
{
public:
    /// The library's name is `prefix`, _ and 12 hexadecimal digits. `body` finds it in LIBRARY, and
    /// registers each function as LIBRARY .. "_" .. name.
    FunctionLibrary(const QByteArray &prefix, const QByteArray &body);

    const QByteArray &prefix() const { return m_prefix; }
    const QByteArray &name() const { return m_name; }
    const QByteArray &text() const { return m_text; } ///< for FUNCTION LOAD

    /// Whether a library of that name is a version of this one.
    bool isVersion(QByteArrayView name) const;

private:
    QByteArray m_prefix;
    QByteArray m_name;
    QByteArray m_text;
};

/// What a call is made again with where the server lacks it.
struct ScriptText
{
    QByteArray name; ///< for logs and metrics
    QByteArray text; ///< of a function, its library's
};

/// Lua that the server runs: a script of its own, called by its digest, or a function of a library.
/// It is sent whole only when the server does not have it.
///
/// A value that may be shared between threads once it is made.
class Script
{
public:
    /// `name` is for logs and metrics.
    Script(QByteArray name, QByteArray text);

    /// The function that `library` registers under `name`.
    Script(QByteArray name, const FunctionLibrary &library);

    const QByteArray &name() const { return m_code->name; }
    const QByteArray &text() const { return m_code->text; }
    const QByteArray &sha1() const { return m_called; } ///< of a script, 40 hexadecimal digits
    bool isFunction() const { return m_call == "FCALL"; }

    /// EVALSHA or FCALL.
    Command command(const std::vector<QByteArray> &keys, const std::vector<QByteArray> &args) const;

    /// What to send for a `command` made by command() that was answered so because the server lacks
    /// the script or the library: the library first, then the call. Empty for all others.
    static std::vector<Command> repeated(const Command &command, QByteArrayView error);

private:
    std::shared_ptr<const ScriptText> m_code;
    QByteArray m_call; ///< EVALSHA or FCALL
    QByteArray m_called; ///< digest, or name of the function
};

/// The files at `paths` one after the other, each from a line of its own. NotFound when one cannot
/// be read.
Result<QByteArray> readLua(const QStringList &paths);

} // namespace presence::redis
