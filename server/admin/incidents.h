// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"
#include "shared/model/admin.h"

#include <QHash>

namespace presence::admin {

/// What operators are told of when they come.
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

    struct Read
    {
        QByteArray last; ///< of the stream; "" while there is none
        QByteArrayList incidents; ///< JSON, the oldest first
    };
    /// Those after `last`, or the newest without one: kNewestIncidents at most.
    void read(const QByteArray &last, Callback<Read> done) const;

private:
    void write(const Change &change, const std::vector<IncidentRow> &incidents,
               Callback<redis::Reply> done) const;

    const rules::Store &m_store;
};

} // namespace presence::admin
