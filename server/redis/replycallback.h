// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/reply.h"
#include "shared/core/result.h"

#include <concepts>
#include <memory>

namespace presence::redis {

/// Several commands whose replies belong together.
class ReplySink
{
public:
    virtual ~ReplySink() = default;
    /// Of the command at `index`.
    virtual void take(size_t index, Result<Reply> reply) = 0;
};

/// Whom the reply of a command goes to: a function, or one place of several, which needs no memory
/// of its own. A value; empty for nobody.
class ReplyCallback
{
public:
    ReplyCallback() = default;
    template <std::invocable<Result<Reply>> Function>
    requires(!std::same_as<Function, ReplyCallback>) ReplyCallback(Function function)
        : m_function(std::move(function))
    {
    }
    ReplyCallback(std::shared_ptr<ReplySink> sink, size_t index)
        : m_sink(std::move(sink)), m_index(index)
    {
    }

    explicit operator bool() const { return m_sink || m_function; }

    void operator()(Result<Reply> reply) const
    {
        if (m_sink)
            m_sink->take(m_index, std::move(reply));
        else
            m_function(std::move(reply));
    }

private:
    Callback<Reply> m_function;
    std::shared_ptr<ReplySink> m_sink;
    size_t m_index = 0;
};

} // namespace presence::redis
