// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QHash>

#include <optional>
#include <vector>

namespace presence::redis {

/// One reply of RESP2, as a value that owns its bytes. Moving it costs no copy of them.
///
/// An error reply is a Reply too: the server was there and said no. That the server was not there
/// is the Error of a Result.
class Reply
{
public:
    enum class Kind : quint8 { Nil, Integer, String, Status, Error, Array };

    Reply() = default;
    static Reply integer(qint64 value);
    /// `kind` is String, Status or Error.
    static Reply text(Kind kind, QByteArray bytes);
    static Reply array(std::vector<Reply> elements);

    Kind kind() const { return m_kind; }
    bool isNil() const { return m_kind == Kind::Nil; }
    bool isError() const { return m_kind == Kind::Error; }
    bool isArray() const { return m_kind == Kind::Array; }

    /// Whether this is the error that begins with the word `code`, such as NOSCRIPT.
    bool isError(QByteArrayView code) const;

    /// The bytes of a String, Status or Error; empty for everything else.
    const QByteArray &bytes() const { return m_bytes; }

    /// An Integer, or a String that is a whole decimal number.
    std::optional<qint64> toInteger() const;

    /// What an Array holds; empty for everything else.
    const std::vector<Reply> &elements() const { return m_elements; }
    std::vector<Reply> &elements() { return m_elements; }

    /// An array that alternates name and value, such as HGETALL's. An odd last name is left out.
    QHash<QByteArray, QByteArray> toHash() const;

    friend bool operator==(const Reply &, const Reply &) = default;

private:
    Kind m_kind = Kind::Nil;
    qint64 m_integer = 0;
    QByteArray m_bytes;
    std::vector<Reply> m_elements;
};

} // namespace presence::redis
