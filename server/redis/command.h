// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <initializer_list>
#include <memory>

namespace presence::redis {

struct ScriptText;

/// A command with its arguments, binary safe, in RESP from the beginning. A value; copies share
/// their bytes.
class Command
{
public:
    /// Command {"HSET"_ba, key, "field"_ba, Decimal(3)}; never empty.
    Command(std::initializer_list<QByteArrayView> words);

    Command &add(QByteArrayView word) { return add(word, {}); }
    /// Both together are one word.
    Command &add(QByteArrayView begin, QByteArrayView rest);

    int size() const { return m_size; } ///< words
    QByteArrayView word(int index) const; ///< empty behind the last; valid until add()

    /// What the latency of this command is counted under: its own name, or its script's. As long as
    /// the command lives.
    QByteArrayView operation() const;

    /// Its first key, or the channel of an SPUBLISH; empty for a command without one.
    QByteArrayView key() const;

    /// Appends the command in RESP to `out`.
    void appendTo(QByteArray &out) const;

private:
    friend class Script;
    QByteArray m_words; ///< in RESP, without the number of them that comes first
    int m_size = 0;
    std::shared_ptr<const ScriptText> m_script; ///< that is called; or null
};

} // namespace presence::redis
