// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/reply.h"

#include <chrono>
#include <utility>

namespace presence::redis {

/// The name-value pairs of an array such as HGETALL's or ZRANGE's WITHSCORES, to be iterated over
/// while the reply lives. An odd last name is left out.
class Pairs
{
public:
    explicit Pairs(const std::vector<Reply> &elements) : m_elements(elements) { }
    explicit Pairs(const Reply &array) : Pairs(array.elements()) { }
    Pairs(std::vector<Reply> &&) = delete;
    Pairs(Reply &&) = delete;

    class Iterator
    {
    public:
        explicit Iterator(const Reply *at) : m_at(at) { }
        std::pair<const Reply &, const Reply &> operator*() const { return {m_at[0], m_at[1]}; }
        Iterator &operator++()
        {
            m_at += 2;
            return *this;
        }
        friend bool operator==(Iterator, Iterator) = default;

    private:
        const Reply *m_at;
    };

    Iterator begin() const { return Iterator(m_elements.data()); }
    Iterator end() const { return Iterator(m_elements.data() + size() * 2); }
    size_t size() const { return m_elements.size() / 2; }

private:
    const std::vector<Reply> &m_elements;
};

/// By the clock of a server.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// What TIME returns; nothing for anything else, as when the server refuses it.
std::optional<Time> readTime(const Reply &reply);

/// What HSCAN and ZSCAN return.
struct ScanPart
{
    QByteArray cursor; ///< of the next part, empty after the last one
    Pairs pairs; ///< as long as the reply lives
};
std::optional<ScanPart> readScan(const Reply &reply);
std::optional<ScanPart> readScan(Reply &&) = delete;

} // namespace presence::redis
