// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <array>
#include <charconv>
#include <optional>

namespace presence {

/// A whole number in decimal, without memory of its own. QByteArray::number() and toLongLong() take
/// several times as long.
class Decimal
{
public:
    explicit Decimal(qint64 value)
        : m_size(std::to_chars(m_digits.begin(), m_digits.end(), value).ptr - m_digits.begin())
    {
    }

    /// Nothing when `text` is anything else: white space and "+" too.
    static std::optional<qint64> parse(QByteArrayView text)
    {
        qint64 value = 0;
        const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
        return error == std::errc() && end == text.end() ? std::optional(value) : std::nullopt;
    }

    operator QByteArrayView() const { return view(); }
    QByteArrayView view() const { return {m_digits.data(), m_size}; }
    QByteArray bytes() const { return view().toByteArray(); }

private:
    std::array<char, 20> m_digits{};
    qsizetype m_size;
};

} // namespace presence
