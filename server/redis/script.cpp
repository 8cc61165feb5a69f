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
    : m_name(std::move(name)), m_text(std::move(text)), m_call("EVALSHA"_ba),
      m_called(digestOf(m_text))
{
}

Script::Script(QByteArray name, const FunctionLibrary &library)
    : m_name(std::move(name)), m_text(library.text()), m_call("FCALL"_ba),
      m_called(library.name() + '_' + m_name)
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

Command Script::command(std::vector<QByteArray> keys, std::vector<QByteArray> args) const
{
    std::vector<QByteArray> words;
    words.reserve(3 + keys.size() + args.size());
    words.push_back(m_call);
    words.push_back(m_called);
    words.push_back(Decimal(qint64(keys.size())).bytes());
    std::ranges::move(keys, std::back_inserter(words));
    std::ranges::move(args, std::back_inserter(words));
    Command command(std::move(words));
    command.m_scriptName = m_name;
    command.m_scriptText = m_text;
    return command;
}

std::vector<Command> Script::repeated(const Command &command, QByteArrayView error)
{
    if (command.m_scriptName.isEmpty())
        return {};
    const QByteArray &call = command.m_words[0];
    if (call == "EVALSHA" && error.startsWith("NOSCRIPT ")) {
        Command whole = command;
        whole.m_words[0] = "EVAL"_ba;
        whole.m_words[1] = command.m_scriptText;
        return {whole};
    }
    if (call == "FCALL" && error == "ERR Function not found")
        return {Command{"FUNCTION"_ba, "LOAD"_ba, command.m_scriptText}, command};
    return {};
}

} // namespace presence::redis
