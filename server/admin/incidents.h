// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"
#include "shared/model/admin.h"

#include <QHash>

namespace presence::admin {

/// What operators are told of when they come, of the cluster and of operators each.
inline constexpr int kNewestIncidents = 200;

/// The incidents of the cluster in Redis, and what was told last, by which each is told once
/// however many nodes see it. Belongs to one thread.
class Incidents
{
public:
    explicit Incidents(const rules::Store &store) : m_store(store) { }

    /// One that only its caller knows of, or, with the id of one, what is known of that by now. A
    /// time of 0 is now.
    void add(const IncidentRow &incident) const;

    /// What was told last, by what it is of.
    using States = QHash<QByteArray, QByteArray>;
    struct Told
    {
        Milliseconds now{};
        States states;
    };
    void readStates(Callback<Told> done) const;

    struct Change
    {
        QByteArray field; ///< of States
        QByteArray from; ///< "" for none
        QByteArray to; ///< "" for none
    };
    /// Tells `incidents` if the state is `change.from` still. `done` with their ids; nothing where
    /// another node was first.
    void tell(const Change &change, const std::vector<IncidentRow> &incidents,
              Callback<std::optional<QByteArrayList>> done) const;

    /// What operators did is apart from the rest.
    enum class Of : quint8 { Cluster, Operators };
    struct Entry
    {
        qint64 at = 0; ///< ms: when it was written
        QByteArray incident; ///< JSON
    };
    struct Read
    {
        QByteArray last; ///< of the stream; "" while there is none
        std::vector<Entry> entries; ///< the oldest first
    };
    /// Those after `last`, or the newest without one: kNewestIncidents at most.
    void read(Of of, const QByteArray &last, Callback<Read> done) const;

private:
    void write(std::vector<QByteArray> keys, const Change &change,
               const std::vector<IncidentRow> &incidents, Callback<redis::Reply> done) const;

    const rules::Store &m_store;
};

} // namespace presence::admin
