// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"
#include "shared/model/admin.h"

namespace presence::admin {

/// Reads what the whole cluster is like. Belongs to one thread.
class OverviewReader
{
public:
    explicit OverviewReader(const rules::Store &store) : m_store(store) { }

    /// Never fails: while Redis is away it is an Overview that says so. What a master of a cluster
    /// that is away would tell is as in `last`.
    void read(const Overview &last, const std::function<void(const Overview &)> &done) const;

    /// The last `count` records of KeySpace::kFigures or kDayFigures, as JSON: the oldest first.
    void readHistory(const QByteArray &key, int count, Callback<QByteArrayList> done) const;

private:
    const rules::Store &m_store;
};

} // namespace presence::admin
