// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/command.h"

#include <QSet>

#include <algorithm>
#include <charconv>

namespace presence::redis {

using namespace Qt::StringLiterals;

static constexpr qsizetype kMaxDigits = 20;

Command &Command::add(QByteArray word)
{
    m_words.push_back(std::move(word));
    return *this;
}

const QByteArray &Command::operation() const
{
    return m_scriptName.isEmpty() ? m_words.front() : m_scriptName;
}

QByteArrayView Command::key() const
{
    static const QSet<QByteArray> keyless{"PING"_ba,   "TIME"_ba, "INFO"_ba,
                                          "SCRIPT"_ba, "SCAN"_ba, "FUNCTION"_ba};
    if (m_words.size() < 2 || keyless.contains(m_words[0]))
        return {};
    if (m_words[0].startsWith("EVAL") || m_words[0] == "FCALL")
        return m_words.size() > 3 ? QByteArrayView(m_words[3]) : QByteArrayView();
    return m_words[1];
}

/// "$5\r\n" or "*3\r\n" at `to`; returns where it ends.
static char *writeCount(char *to, char kind, qsizetype count)
{
    *to++ = kind;
    to = std::to_chars(to, to + kMaxDigits, count).ptr;
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

// Not by hiredis, whose formatting of numbers was a seventh of a join.
void Command::appendTo(QByteArray &out) const
{
    constexpr qsizetype kFraming = kMaxDigits + 5;
    qsizetype bound = kFraming;
    for (const QByteArray &word : m_words)
        bound += kFraming + word.size();
    const qsizetype before = out.size();
    out.resize(before + bound);
    char *to = writeCount(out.data() + before, '*', qsizetype(m_words.size()));
    for (const QByteArray &word : m_words) {
        to = writeCount(to, '$', word.size());
        to = std::copy(word.cbegin(), word.cend(), to);
        *to++ = '\r';
        *to++ = '\n';
    }
    out.resize(to - out.constData());
}

} // namespace presence::redis
