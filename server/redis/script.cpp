// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/script.h"

#include <QCryptographicHash>
#include <QFile>

#include <algorithm>

namespace presence::redis {

Script::Script(QByteArray name, QByteArray text)
    : m_name(std::move(name)), m_text(std::move(text)),
      m_sha1(QCryptographicHash::hash(m_text, QCryptographicHash::Sha1).toHex())
{
}

Result<Script> Script::fromResource(QByteArray name, const QStringList &paths,
                                    const QByteArray &firstLine)
{
    QByteArray text = firstLine;
    for (const QString &path : paths) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return fail(ErrorCode::NotFound, path + QStringLiteral(": ") + file.errorString());
        text += file.readAll();
        // A file whose last line has no end must not swallow the next file's first line.
        if (!text.endsWith('\n'))
            text += '\n';
    }
    return Script(std::move(name), std::move(text));
}

Command Script::command(std::vector<QByteArray> keys, std::vector<QByteArray> args) const
{
    std::vector<QByteArray> words;
    words.reserve(3 + keys.size() + args.size());
    words.push_back(QByteArrayLiteral("EVALSHA"));
    words.push_back(m_sha1);
    words.push_back(QByteArray::number(qsizetype(keys.size())));
    std::ranges::move(keys, std::back_inserter(words));
    std::ranges::move(args, std::back_inserter(words));
    Command command(std::move(words));
    command.m_scriptName = m_name;
    command.m_scriptText = m_text;
    return command;
}

std::optional<Command> Script::withText(const Command &command)
{
    if (command.m_scriptName.isEmpty() || command.m_words[0] != "EVALSHA")
        return std::nullopt;
    Command whole = command;
    whole.m_words[0] = QByteArrayLiteral("EVAL");
    whole.m_words[1] = command.m_scriptText;
    return whole;
}

} // namespace presence::redis
