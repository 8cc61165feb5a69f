// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/cluster/slotmap.h"

#include <algorithm>

namespace presence::redis {

using namespace Qt::StringLiterals;

/// The host of a node that is to go by a name, but has none.
static constexpr auto kNobodyKnows = "?"_L1;

/// Redis itself advises to stay below a thousand.
static constexpr size_t kMostNodes = 4096;

/// CRC-16/XMODEM: polynomial 0x1021, from 0, nothing reflected.
static constexpr std::array<quint16, 256> makeCrcTable()
{
    std::array<quint16, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte) {
        unsigned crc = byte << 8U;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 0x8000U) ? (crc << 1U) ^ 0x1021U : crc << 1U;
        table[byte] = static_cast<quint16>(crc);
    }
    return table;
}

static quint16 crc16(QByteArrayView bytes)
{
    static constexpr auto kTable = makeCrcTable();
    unsigned crc = 0;
    for (const char byte : bytes)
        crc = (crc << 8U) ^ kTable[((crc >> 8U) ^ static_cast<uchar>(byte)) & 0xFFU];
    return static_cast<quint16>(crc);
}

int slotOf(QByteArrayView key)
{
    const qsizetype open = key.indexOf('{');
    const qsizetype close = open < 0 ? -1 : key.indexOf('}', open + 1);
    const bool hasTag = close > open + 1;
    return crc16(hasTag ? key.sliced(open + 1, close - open - 1) : key) % kSlots;
}

SlotMap::SlotMap()
{
    m_owner.fill(kNobody);
}

/// A node of CLUSTER SLOTS: host, port, and more that nobody needs. Nothing when it has no place.
static std::optional<Address> toAddress(const Reply &node, const Address &asked)
{
    const auto &fields = node.elements();
    if (fields.size() < 2)
        return std::nullopt;
    const qint64 port = fields[1].toInteger().value_or(0);
    if (port < 1 || port > 0xFFFF)
        return std::nullopt; // ":0", which a cluster says of a node that it does not know
    // Nil or empty: where it was asked.
    const QString host = QString::fromUtf8(fields[0].bytes());
    if (host == kNobodyKnows)
        return std::nullopt;
    return Address{host.isEmpty() ? asked.host : host, static_cast<quint16>(port)};
}

/// "" unless the node is to go by a host name, and has none: its id, and where it says that it is.
static QString namelessNode(const Reply &node)
{
    const auto &fields = node.elements();
    if (fields.size() < 3 || QString::fromUtf8(fields[0].bytes()) != kNobodyKnows)
        return {};
    const auto more = fields.size() > 3 ? fields[3].toHash() : QHash<QByteArray, QByteArray>();
    return u"%1 (%2:%3)"_s
        .arg(QString::fromUtf8(fields[2].bytes()), QString::fromUtf8(more.value("ip"_ba, "?"_ba)))
        .arg(fields[1].toInteger().value_or(0));
}

static size_t indexIn(std::vector<Address> &addresses, const Address &address)
{
    const auto found = std::find(addresses.begin(), addresses.end(), address);
    const auto index = static_cast<size_t>(found - addresses.begin());
    if (found == addresses.end())
        addresses.push_back(address);
    return index;
}

Result<SlotMap> SlotMap::from(const Reply &reply, const Address &asked)
{
    if (reply.isError())
        return fail(ErrorCode::Malformed, QString::fromUtf8(reply.bytes()));
    if (!reply.isArray())
        return fail(ErrorCode::Malformed, u"not an answer to CLUSTER SLOTS"_s);
    if (reply.elements().size() > kSlots)
        return fail(ErrorCode::Malformed, u"more ranges than slots"_s);
    SlotMap map;
    for (const Reply &range : reply.elements()) {
        const auto &fields = range.elements();
        const qint64 first = fields.size() > 2 ? fields[0].toInteger().value_or(-1) : -1;
        const qint64 last = fields.size() > 2 ? fields[1].toInteger().value_or(-1) : -1;
        if (first < 0 || last < first || last >= kSlots)
            return fail(ErrorCode::Malformed, u"a range of slots that is none"_s);
        for (size_t i = 2; i < fields.size(); ++i) {
            const QString nameless = namelessNode(fields[i]);
            if (!nameless.isEmpty() && !map.m_nameless.contains(nameless))
                map.m_nameless.append(nameless);
        }
        if (const auto master = toAddress(fields[2], asked)) {
            const auto owner = static_cast<qint16>(indexIn(map.m_masters, *master));
            std::fill(map.m_owner.begin() + first, map.m_owner.begin() + last + 1, owner);
        }
        for (size_t i = 3; i < fields.size(); ++i) {
            if (const auto replica = toAddress(fields[i], asked))
                indexIn(map.m_replicas, *replica);
        }
        if (map.m_masters.size() + map.m_replicas.size() > kMostNodes)
            return fail(ErrorCode::Malformed, u"more nodes than a cluster can have"_s);
    }
    map.m_covered
        = static_cast<int>(kSlots - std::count(map.m_owner.begin(), map.m_owner.end(), kNobody));
    return map;
}

const Address *SlotMap::masterOf(int slot) const
{
    const qint16 owner = m_owner[static_cast<size_t>(slot)];
    return owner == kNobody ? nullptr : &m_masters[static_cast<size_t>(owner)];
}

std::optional<Redirection> Redirection::in(const Reply &reply, const Address &from)
{
    const bool isMoved = reply.isError("MOVED");
    if (!isMoved && !reply.isError("ASK"))
        return std::nullopt;
    // "MOVED 3999 127.0.0.1:6381"
    const QList<QByteArray> words = reply.bytes().split(' ');
    if (words.size() != 3)
        return std::nullopt;
    bool ok = false;
    const int slot = words[1].toInt(&ok);
    QString place = QString::fromUtf8(words[2]);
    // ":6380"; "::1:6380" has a host
    if (place.lastIndexOf(u':') == 0)
        place.prepend(u'[' + from.host + u']');
    const auto to = Address::parse(place);
    if (!ok || slot < 0 || slot >= kSlots || !to || to->host == kNobodyKnows)
        return std::nullopt;
    return Redirection{isMoved ? Kind::Moved : Kind::Ask, slot, *to};
}

} // namespace presence::redis
