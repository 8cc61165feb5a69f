// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <initializer_list>
#include <vector>

namespace presence::redis {

/// A command with its arguments, binary safe. A value.
class Command
{
public:
    /// Command {"HSET"_ba, key, "field"_ba, QByteArray::number(3)}; never empty.
    Command(std::initializer_list<QByteArray> words) : m_words(words) { }
    explicit Command(std::vector<QByteArray> words) : m_words(std::move(words)) { }

    Command &add(QByteArray word);

    const std::vector<QByteArray> &words() const { return m_words; }

    /// What the latency of this command is counted under: its own name, or its script's.
    const QByteArray &operation() const;

    /// Its first key, or the channel of an SPUBLISH; empty for a command without one.
    QByteArrayView key() const;

    /// Appends the command in RESP to `out`.
    void appendTo(QByteArray &out) const;

private:
    friend class Script;
    std::vector<QByteArray> m_words;
    QByteArray m_scriptName;
    QByteArray m_scriptText;
};

} // namespace presence::redis
