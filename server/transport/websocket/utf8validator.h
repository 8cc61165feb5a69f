// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayView>

namespace presence::transport {

/// Checks a text that arrives in pieces for being UTF-8, at the first byte that cannot be.
/// A pure value; surrogates, overlong forms and values above U+10FFFF are refused.
class Utf8Validator
{
public:
    /// Takes the next piece. False at the first wrong byte; the validator is of no use afterwards
    /// until reset().
    bool feed(QByteArrayView bytes);

    /// True when no character is left half said.
    bool isComplete() const { return m_missing == 0; }

    void reset() { *this = {}; }

private:
    bool startCharacter(quint8 byte);

    quint8 m_missing = 0; ///< continuation bytes still to come
    quint8 m_low = 0x80; ///< what the next continuation byte may be
    quint8 m_high = 0xBF;
};

} // namespace presence::transport
