// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/archive.h"
#include "server/presence/userarchive.h"

namespace presence::app {

/// The archive as the rules of one shard know it.
class ShardArchive final : public rules::UserArchive
{
public:
    /// `shard`: an object of the shard's thread.
    ShardArchive(const archive::Archive &archive, QObject *shard)
        : m_archive(archive), m_shard(shard)
    {
    }

    /// Not while much is missing there.
    bool isAvailable() const override
    {
        constexpr std::chrono::seconds kBehind(30);
        const archive::ArchiveState state = m_archive.state();
        return state.isAvailable && state.lag.age < kBehind;
    }

    void find(const UserId &user, Callback<std::optional<ArchivedUser>> done) override
    {
        m_archive.find(user, m_shard, std::move(done));
    }

private:
    const archive::Archive &m_archive;
    QObject *m_shard;
};

} // namespace presence::app
