// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/reply.h"
#include "shared/core/result.h"

#include <memory>
#include <optional>

struct redisReader;

namespace presence::redis {

/// Bytes of RESP2 in, replies out.
///
/// Belongs to one thread and one connection; a new connection needs a new reader. Memory for a
/// reply grows with the bytes that came, never with the lengths a peer only announced.
class ReplyReader
{
public:
    /// Most bytes given to feed() at a time; a larger slice would stay in the buffer for good.
    static constexpr qsizetype kSlice = 16 * 1024;
    static constexpr qsizetype kMaxReply = 64 * 1024 * 1024; ///< bytes
    static constexpr qsizetype kMaxLine = 64 * 1024; ///< bytes of a status, an error or a length
    static constexpr int kMaxNesting = 7; ///< arrays in arrays

    explicit ReplyReader(qsizetype maxReply = kMaxReply);
    ~ReplyReader();
    Q_DISABLE_COPY_MOVE(ReplyReader)

    /// Takes at most kSlice bytes. Call next() until it has nothing before feeding more.
    void feed(QByteArrayView slice);

    /// The next whole reply, or nothing yet. An Error (Malformed) is final: the stream cannot be
    /// understood any more and every later call returns the same.
    Result<std::optional<Reply>> next();

private:
    struct Build; // The functions that hiredis calls for each item.
    struct Deleter
    {
        void operator()(redisReader *reader) const;
    };

    QString refusal() const;

    std::unique_ptr<redisReader, Deleter> m_reader;
    qsizetype m_maxReply;
    qsizetype m_unfinished = 0; ///< bytes fed since the last whole reply
    Reply m_root; ///< where the reply that is being read is built
    QString m_error;
};

} // namespace presence::redis
