// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"

namespace presence::dashboard {

/// Sessions that nobody keeps alive. search() looks at all users, part by part.
class GhostsModel final : public RowsModel<GhostRow>
{
    Q_OBJECT
public:
    explicit GhostsModel(OverviewModel &overview, QObject *parent = nullptr);

    void search();
    bool isSearching() const { return m_isSearching; }
    bool hasSearched() const { return m_hasSearched; } ///< at least once, to the end
    qint64 examined() const { return m_examined; } ///< users, by the search under way or the last
    QString problem() const { return m_problem; }
    /// What was found was of a connection that has ended, and there is another one.
    bool mustSearchAgain() const;

Q_SIGNALS:
    void progressed();

private:
    void ask(const QByteArray &cursor);
    void take(const protocol::JsonView &page);
    QVariant more(const GhostRow &ghost, int column, int role) const override;
    std::vector<Field<GhostRow>> fields() const override;

    OverviewModel &m_overview;
    std::vector<GhostRow> m_found;
    bool m_isSearching = false;
    bool m_hasSearched = false;
    bool m_isLost = false; ///< the connection, since
    qint64 m_examined = 0;
    QString m_problem;
};

/// Users that come and go again and again.
class FlappingModel final : public RowsModel<FlappingRow>
{
    Q_OBJECT
public:
    explicit FlappingModel(OverviewModel &overview, QObject *parent = nullptr);

    void refresh();
    bool isKnown() const { return m_isKnown; } ///< there was an answer
    QString problem() const { return m_problem; } ///< why it is not known; empty for none

Q_SIGNALS:
    void refreshed();

private:
    QVariant more(const FlappingRow &user, int column, int role) const override;
    std::vector<Field<FlappingRow>> fields() const override;

    OverviewModel &m_overview;
    bool m_isKnown = false;
    QString m_problem;
};

} // namespace presence::dashboard
