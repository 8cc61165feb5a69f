// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/command.h"

#include <array>
#include <charconv>

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

/// "$5\r\n" or "*3\r\n".
static void appendCount(QByteArray &out, char kind, qsizetype count)
{
    std::array<char, 24> digits{kind};
    char *end = std::to_chars(digits.data() + 1, digits.data() + digits.size(), count).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.append(digits.data(), end - digits.data());
}

// Not by hiredis, whose formatting of numbers was a seventh of a join.
void Command::appendTo(QByteArray &out) const
{
    appendCount(out, '*', qsizetype(m_words.size()));
    for (const QByteArray &word : m_words) {
        appendCount(out, '$', word.size());
        out.append(word).append("\r\n", 2);
    }
}

} // namespace presence::redis
