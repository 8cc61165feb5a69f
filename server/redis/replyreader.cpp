// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/replyreader.h"

#include <hiredis/hiredis.h>

#include <cstring>

namespace presence::redis {

// The smallest item is four bytes, ":1\r\n", which bounds what an array may announce.
static constexpr qsizetype kSmallestItem = 4;
// Arrays up to this size never move while they are filled.
static constexpr size_t kReserved = 64;

#if HIREDIS_MAJOR >= 1
using ElementCount = size_t;
#else
using ElementCount = int;
#endif

struct ReplyReader::Build
{
    static ReplyReader *reader(const redisReadTask *task)
    {
        return static_cast<ReplyReader *>(task->privdata);
    }

    /// The next element of the array that is being read, or the whole reply. A growing vector moves
    /// its elements, but only the last one is still being filled: pointers to the arrays that
    /// enclose it stay valid.
    static Reply *next(const redisReadTask *task)
    {
        if (task->parent && task->parent->obj)
            return &static_cast<Reply *>(task->parent->obj)->elements().emplace_back();
        return &reader(task)->m_root;
    }

    static void *add(const redisReadTask *task, Reply &&reply)
    {
        Reply *place = next(task);
        *place = std::move(reply);
        return place;
    }

    /// RESP3, which later versions of hiredis read as well, and which nobody has asked for.
    static void *refuse(const redisReadTask *task)
    {
        reader(task)->m_error = QStringLiteral("a type of RESP3");
        return nullptr;
    }

    static void *string(const redisReadTask *task, char *bytes, size_t size)
    {
        if (task->type != REDIS_REPLY_STRING && task->type != REDIS_REPLY_STATUS
            && task->type != REDIS_REPLY_ERROR)
            return refuse(task);
        const auto kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::Error
            : task->type == REDIS_REPLY_STATUS            ? Reply::Kind::Status
                                                          : Reply::Kind::String;
        return add(task, Reply::text(kind, QByteArray(bytes, qsizetype(size))));
    }

    static void *array(const redisReadTask *task, ElementCount count)
    {
        if (task->type != REDIS_REPLY_ARRAY)
            return refuse(task);
        ReplyReader *self = reader(task);
        int depth = 1;
        for (const redisReadTask *up = task->parent; up; up = up->parent)
            ++depth;
        if (depth > kMaxNesting || qsizetype(count) > self->m_maxReply / kSmallestItem) {
            self->m_error = QStringLiteral("an array too deep or too long");
            return nullptr;
        }
        std::vector<Reply> elements;
        elements.reserve(std::min<size_t>(static_cast<size_t>(count), kReserved));
        return add(task, Reply::array(std::move(elements)));
    }

    static void *integer(const redisReadTask *task, long long value)
    {
        return add(task, Reply::integer(value));
    }

    static void *nil(const redisReadTask *task) { return add(task, {}); }

    // The reply is a member of the reader: nothing of it belongs to hiredis.
    static void free(void *) { }

    static redisReplyObjectFunctions *functions()
    {
        static redisReplyObjectFunctions functions = [] {
            redisReplyObjectFunctions made{};
            made.createString = string;
            made.createArray = array;
            made.createInteger = integer;
            made.createNil = nil;
#if HIREDIS_MAJOR >= 1
            made.createDouble
                = [](const redisReadTask *task, double, char *, size_t) { return refuse(task); };
            made.createBool = [](const redisReadTask *task, int) { return refuse(task); };
#endif
            made.freeObject = free;
            return made;
        }();
        return &functions;
    }
};

void ReplyReader::Deleter::operator()(redisReader *reader) const
{
    redisReaderFree(reader);
}

ReplyReader::ReplyReader(qsizetype maxReply)
    : m_reader(redisReaderCreateWithFunctions(Build::functions())), m_maxReply(maxReply)
{
    Q_CHECK_PTR(m_reader.get());
    m_reader->privdata = this;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(QByteArrayView slice)
{
    Q_ASSERT(slice.size() <= kSlice);
    m_unfinished += slice.size();
    redisReaderFeed(m_reader.get(), slice.data(), size_t(slice.size()));
}

// Why an unfinished reply must not be waited for any longer; empty when it may.
QString ReplyReader::refusal() const
{
    if (m_unfinished > m_maxReply)
        return QStringLiteral("a reply of more than %1 bytes").arg(m_maxReply);
    // hiredis looks for the end of a line from its beginning each time, and has no limit.
    const size_t unread = m_reader->len - m_reader->pos;
    if (unread > size_t(kMaxLine) && !std::memchr(m_reader->buf + m_reader->pos, '\r', kMaxLine))
        return QStringLiteral("a line of more than %1 bytes").arg(kMaxLine);
    return {};
}

Result<std::optional<Reply>> ReplyReader::next()
{
    void *reply = nullptr;
    if (m_error.isEmpty() && redisReaderGetReply(m_reader.get(), &reply) != REDIS_OK
        && m_error.isEmpty())
        m_error = QString::fromUtf8(m_reader->errstr);
    if (m_error.isEmpty() && !reply)
        m_error = refusal();
    if (!m_error.isEmpty())
        return fail(ErrorCode::Malformed, QStringLiteral("not RESP: ") + m_error);
    if (!reply)
        return std::nullopt;
    m_unfinished = qsizetype(m_reader->len - m_reader->pos);
    return std::exchange(m_root, {});
}

} // namespace presence::redis
