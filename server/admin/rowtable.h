// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/json.h"

#include <map>
#include <set>

namespace presence::admin {

/// The rows of a table that is given out in pages and then kept true by diffs. Pure: no socket, no
/// timer.
///
/// Pages go by the request of ids, so they miss nothing that stays, whatever comes and goes between
/// them. Who applies pages and diffs as they come holds the table.
///
/// `Row` has appendTo(QByteArray &json): its members, each after a comma.
template <typename Row>
class RowTable
{
public:
    qsizetype size() const { return static_cast<qsizetype>(m_rows.size()); }

    const Row *find(const QByteArray &id) const
    {
        const auto found = m_rows.find(id);
        return found == m_rows.end() ? nullptr : &found->second;
    }

    /// The first of an id greater than `after`, with its id; null when there is none.
    const std::pair<const QByteArray, Row> *next(const QByteArray &after) const
    {
        const auto found = m_rows.upper_bound(after);
        return found == m_rows.end() ? nullptr : &*found;
    }

    void set(const QByteArray &id, Row row)
    {
        const auto [place, isNew] = m_rows.try_emplace(id);
        if (!isNew && place->second == row)
            return;
        place->second = std::move(row);
        m_changed.insert(id);
    }

    void remove(const QByteArray &id)
    {
        if (m_rows.erase(id) > 0)
            m_changed.insert(id);
    }

    /// Those that `isGone` says so of, by id.
    template <typename IsGone>
    void removeIf(IsGone isGone)
    {
        std::erase_if(m_rows, [&](const auto &entry) {
            const bool gone = isGone(entry.first);
            if (gone)
                m_changed.insert(entry.first);
            return gone;
        });
    }

    /// {"rows":[…],"next":id of the last, or null}: at most `limit` rows of an id greater than
    /// `after`.
    QByteArray page(const QByteArray &after, int limit) const
    {
        QByteArray json = "{\"rows\":[";
        auto row = m_rows.upper_bound(after);
        QByteArray last;
        for (int i = 0; i < limit && row != m_rows.end(); ++i, ++row) {
            append(json, row->first, row->second);
            last = row->first;
        }
        close(json);
        return json + ",\"next\":" + (row == m_rows.end() ? "null" : '"' + last + '"') + '}';
    }

    bool hasChanges() const { return !m_changed.empty(); }
    /// Nobody holds anything yet: who comes begins with pages.
    void forgetChanges() { m_changed.clear(); }

    /// {"changed":[…],"left":[…]}: at most `limit` of what changed since the last call.
    QByteArray takeChanges(int limit)
    {
        QByteArray changed = "{\"changed\":[";
        QByteArray left = ",\"left\":[";
        while (!m_changed.empty() && limit-- > 0) {
            const QByteArray id = m_changed.extract(m_changed.begin()).value();
            if (const Row *row = find(id))
                append(changed, id, *row);
            else
                left += '"' + id + "\",";
        }
        close(changed);
        close(left);
        return changed + left + '}';
    }

private:
    static void append(QByteArray &json, const QByteArray &id, const Row &row)
    {
        json += "{\"user_id\":\"" + id + '"';
        row.appendTo(json);
        json += "},";
    }

    /// Ends an array whose elements are each followed by a comma.
    static void close(QByteArray &json)
    {
        if (json.endsWith(','))
            json.chop(1);
        json += ']';
    }

    std::map<QByteArray, Row> m_rows; ///< by id
    std::set<QByteArray> m_changed; ///< ids
};

} // namespace presence::admin
