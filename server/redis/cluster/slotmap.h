// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/deployment.h"
#include "server/redis/reply.h"

#include <QStringList>

#include <array>
#include <optional>

namespace presence::redis {

inline constexpr int kSlots = 16384;

/// The slot of a key, or of a sharded Pub/Sub channel, by the cluster specification: CRC16 of the
/// hash tag, which is what stands between the first { and the next }, unless that is nothing.
int slotOf(QByteArrayView key);

/// Which master serves which slot. A value.
class SlotMap
{
public:
    SlotMap(); ///< no slot is served

    /// From the reply of CLUSTER SLOTS by `asked`, which stands for a host that is not said.
    /// Malformed when it is not one.
    static Result<SlotMap> from(const Reply &reply, const Address &asked);

    /// Null when nobody serves the slot.
    const Address *masterOf(int slot) const;

    const std::vector<Address> &masters() const { return m_masters; } ///< each once
    const std::vector<Address> &replicas() const { return m_replicas; } ///< each once
    int covered() const { return m_covered; } ///< slots that somebody serves
    /// Nodes that are to go by a host name, and have none: each once, for the log.
    const QStringList &nameless() const { return m_nameless; }

    friend bool operator==(const SlotMap &, const SlotMap &) = default;

private:
    static constexpr qint16 kNobody = -1;

    std::array<qint16, kSlots> m_owner; ///< index of m_masters
    std::vector<Address> m_masters;
    std::vector<Address> m_replicas;
    int m_covered = 0;
    QStringList m_nameless;
};

/// That another server has the slot: MOVED for good, ASK for this command only.
struct Redirection
{
    enum class Kind : quint8 { Moved, Ask };
    Kind kind = Kind::Moved;
    int slot = 0;
    Address to;

    /// What an error reply of `from` says, if it is one of these and says where to. An empty host
    /// is `from`'s.
    static std::optional<Redirection> in(const Reply &reply, const Address &from);
};

} // namespace presence::redis
