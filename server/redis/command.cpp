// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/command.h"

#include "server/redis/script.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace presence::redis {

static constexpr qsizetype kMaxDigits = 20;
/// Of the length of a word, and what is around it.
static constexpr qsizetype kFraming = kMaxDigits + 5;
/// More than the next few words need, which are usually short.
static constexpr qsizetype kRoom = 128;

/// "$5\r\n" or "*3\r\n" at `to`; returns where it ends.
static char *writeCount(char *to, char kind, qsizetype count)
{
    *to++ = kind;
    to = std::to_chars(to, to + kMaxDigits, count).ptr;
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

/// "$5\r\nabcde\r\n" of the two.
static char *writeWord(char *to, QByteArrayView begin, QByteArrayView rest)
{
    to = writeCount(to, '$', begin.size() + rest.size());
    to = std::copy(begin.cbegin(), begin.cend(), to);
    to = std::copy(rest.cbegin(), rest.cend(), to);
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

Command::Command(std::initializer_list<QByteArrayView> words) : m_size(int(words.size()))
{
    qsizetype bound = kRoom;
    for (const QByteArrayView word : words)
        bound += kFraming + word.size();
    m_words = QByteArray(bound, Qt::Uninitialized);
    char *to = m_words.data();
    for (const QByteArrayView word : words)
        to = writeWord(to, word, {});
    m_words.resize(to - m_words.constData());
}

// Not by hiredis, whose formatting of numbers was a seventh of a join.
Command &Command::add(QByteArrayView begin, QByteArrayView rest)
{
    const qsizetype before = m_words.size();
    m_words.resize(before + kFraming + begin.size() + rest.size());
    m_words.resize(writeWord(m_words.data() + before, begin, rest) - m_words.constData());
    ++m_size;
    return *this;
}

QByteArrayView Command::word(int index) const
{
    const char *at = m_words.cbegin();
    for (int i = 0; at != m_words.cend(); ++i) {
        qsizetype size = 0;
        at = std::from_chars(at + 1, m_words.cend(), size).ptr + 2;
        if (i == index)
            return {at, size};
        at += size + 2;
    }
    return {};
}

QByteArrayView Command::operation() const
{
    return m_script ? QByteArrayView(m_script->name) : word(0);
}

QByteArrayView Command::key() const
{
    static constexpr std::array kKeyless{"PING", "TIME", "INFO", "SCRIPT", "SCAN", "FUNCTION"};
    const QByteArrayView name = word(0);
    if (name.startsWith("EVAL") || name == "FCALL")
        return word(3);
    return std::ranges::find(kKeyless, name) == kKeyless.end() ? word(1) : QByteArrayView();
}

void Command::appendTo(QByteArray &out) const
{
    std::array<char, kFraming> count;
    out.append(count.data(), writeCount(count.data(), '*', m_size) - count.data());
    out.append(m_words);
}

} // namespace presence::redis
