// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/command.h"

#include <QVarLengthArray>

#include <hiredis/hiredis.h>

namespace presence::redis {

Command &Command::add(QByteArray word)
{
    m_words.push_back(std::move(word));
    return *this;
}

const QByteArray &Command::operation() const
{
    return m_scriptName.isEmpty() ? m_words.front() : m_scriptName;
}

void Command::appendTo(QByteArray &out) const
{
    QVarLengthArray<const char *, 16> words;
    QVarLengthArray<size_t, 16> sizes;
    for (const QByteArray &word : m_words) {
        words.append(word.constData());
        sizes.append(size_t(word.size()));
    }
    char *encoded = nullptr;
    // int in hiredis 0.14, long long from 1.0 on.
    const long long size
        = redisFormatCommandArgv(&encoded, int(words.size()), words.data(), sizes.data());
    if (size < 0)
        qBadAlloc();
    out.append(encoded, qsizetype(size));
    redisFreeCommand(encoded);
}

} // namespace presence::redis
