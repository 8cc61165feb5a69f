// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QByteArray>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace presence::protocol {

/// A value in the JSON text that was parsed last on this thread. The next parse() on the thread
/// makes it, and what it gave, invalid: it is for reading a message at once, not for keeping.
///
/// Nothing is converted before it is asked for: a message has more members than are looked at.
class JsonView
{
public:
    JsonView(); ///< of something that is not there

    /// ErrorCode::Malformed: not JSON, or not UTF-8. Half a surrogate pair, which a browser writes
    /// for text that was cut, counts as U+FFFD.
    static Result<JsonView> parse(QByteArrayView text);

    bool isUndefined() const;
    bool isGiven() const; ///< there, and not null
    bool isNull() const { return !isUndefined() && !isGiven(); }
    bool isString() const;
    bool isObject() const;
    bool isArray() const;

    /// UTF-8 of a string; empty for everything else.
    QByteArrayView bytes() const;
    /// A number that is whole, however it is written.
    std::optional<qint64> toWhole() const;
    double toNumber() const; ///< 0 for what is none
    bool isTrue() const;
    /// A string, or the digits of a whole number.
    std::optional<QByteArray> toText() const;

    /// A member of an object, the last of that name; undefined for everything else.
    JsonView operator[](std::string_view name) const;
    /// Of an array or an object.
    size_t size() const;
    /// Of an array; empty for everything else.
    std::vector<JsonView> elements() const;
    /// The first of an array. False, and nothing is read, unless it has as many.
    bool readElements(std::span<JsonView> elements) const;

private:
    friend struct JsonAccess;
    std::array<std::byte, 2 * sizeof(void *)> m_element{}; ///< of the parser, whose header is large
};

} // namespace presence::protocol
