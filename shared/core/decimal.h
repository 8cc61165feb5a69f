// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <array>
#include <charconv>

namespace presence {

/// A whole number in decimal, without memory of its own. QByteArray::number() takes several times
/// as long.
class Decimal
{
public:
    explicit Decimal(qint64 value)
        : m_size(std::to_chars(m_digits.begin(), m_digits.end(), value).ptr - m_digits.begin())
    {
    }

    operator QByteArrayView() const { return view(); }
    QByteArrayView view() const { return {m_digits.data(), m_size}; }
    QByteArray bytes() const { return view().toByteArray(); }

private:
    std::array<char, 20> m_digits{};
    qsizetype m_size;
};

} // namespace presence
