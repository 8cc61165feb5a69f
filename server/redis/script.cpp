// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/script.h"

#include "shared/core/decimal.h"

#include <QCryptographicHash>
#include <QFile>

#include <algorithm>

namespace presence::redis {

using namespace Qt::StringLiterals;

static QByteArray digestOf(const QByteArray &text)
{
    return QCryptographicHash::hash(text, QCryptographicHash::Sha1).toHex();
}

/// Of the digest in a library's name, which has 40.
static constexpr qsizetype kDigits = 12;

FunctionLibrary::FunctionLibrary(const QByteArray &prefix, const QByteArray &body)
    : m_prefix(prefix)
{
    m_name = prefix + '_' + digestOf(body).left(kDigits);
    m_text = "#!lua name=" + m_name + "\nlocal LIBRARY = '" + m_name + "'\n" + body;
}

bool FunctionLibrary::isVersion(QByteArrayView name) const
{
    const auto isDigit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return name.size() == m_name.size() && name.startsWith(m_prefix + '_')
        && std::ranges::all_of(name.last(kDigits), isDigit);
}

Script::Script(QByteArray name, QByteArray text)
    : m_code(std::make_shared<ScriptText>(ScriptText{std::move(name), std::move(text)})),
      m_call("EVALSHA"_ba), m_called(digestOf(m_code->text))
{
}

Script::Script(QByteArray name, const FunctionLibrary &library)
    : m_code(std::make_shared<ScriptText>(ScriptText{std::move(name), library.text()})),
      m_call("FCALL"_ba), m_called(library.name() + '_' + m_code->name)
{
}

Result<QByteArray> readLua(const QStringList &paths)
{
    QByteArray text;
    for (const QString &path : paths) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return fail(ErrorCode::NotFound, path + QStringLiteral(": ") + file.errorString());
        text += file.readAll();
        // A file whose last line has no end must not swallow the next file's first line.
        if (!text.endsWith('\n'))
            text += '\n';
    }
    return text;
}

Command Script::command(const std::vector<QByteArray> &keys,
                        const std::vector<QByteArray> &args) const
{
    Command command{m_call, m_called, Decimal(qint64(keys.size()))};
    for (const auto *words : {&keys, &args}) {
        for (const QByteArray &word : *words)
            command.add(word);
    }
    command.m_script = m_code;
    return command;
}

std::vector<Command> Script::repeated(const Command &command, QByteArrayView error)
{
    if (!command.m_script)
        return {};
    const QByteArrayView call = command.word(0);
    if (call == "EVALSHA" && error.startsWith("NOSCRIPT ")) {
        Command whole{"EVAL"_ba, command.m_script->text};
        for (int i = 2; i < command.size(); ++i)
            whole.add(command.word(i));
        whole.m_script = command.m_script;
        return {whole};
    }
    if (call == "FCALL" && error == "ERR Function not found")
        return {Command{"FUNCTION"_ba, "LOAD"_ba, command.m_script->text}, command};
    return {};
}

} // namespace presence::redis
