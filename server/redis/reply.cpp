// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/reply.h"

#include "shared/core/decimal.h"

namespace presence::redis {

Reply Reply::integer(qint64 value)
{
    Reply reply;
    reply.m_kind = Kind::Integer;
    reply.m_integer = value;
    return reply;
}

Reply Reply::text(Kind kind, QByteArray bytes)
{
    Q_ASSERT(kind == Kind::String || kind == Kind::Status || kind == Kind::Error);
    Reply reply;
    reply.m_kind = kind;
    reply.m_bytes = std::move(bytes);
    return reply;
}

Reply Reply::array(std::vector<Reply> elements)
{
    Reply reply;
    reply.m_kind = Kind::Array;
    reply.m_elements = std::move(elements);
    return reply;
}

bool Reply::isError(QByteArrayView code) const
{
    return isError() && m_bytes.startsWith(code)
        && (m_bytes.size() == code.size() || m_bytes.at(code.size()) == ' ');
}

std::optional<qint64> Reply::toInteger() const
{
    if (m_kind == Kind::Integer)
        return m_integer;
    return m_kind == Kind::String ? Decimal::parse(m_bytes) : std::nullopt;
}

QHash<QByteArray, QByteArray> Reply::toHash() const
{
    QHash<QByteArray, QByteArray> hash;
    hash.reserve(qsizetype(m_elements.size() / 2));
    for (size_t i = 0; i + 1 < m_elements.size(); i += 2)
        hash.insert(m_elements[i].m_bytes, m_elements[i + 1].m_bytes);
    return hash;
}

} // namespace presence::redis
