// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"
#include "admin/model/pagereader.h"

#include <QSet>

#include <deque>

namespace presence::dashboard {

/// Which users of a workspace are shown.
struct UserFilter
{
    QString text; ///< part of the user's id or message, whatever the case; empty for all
    QSet<Status> statuses; ///< empty for all
    friend bool operator==(const UserFilter &, const UserFilter &) = default;
};

/// The users of a workspace, sorted and filtered: made for 100,000 of them and thousands of changes
/// a second.
///
/// What comes in is taken over in short turns, so that the window stays fluent. Values change where
/// they are at once; twice a second rows go where they belong, all in one step. Selection and
/// scroll position follow the users. After a reconnect what is the same stays as it is.
class UsersModel final : public TableModel
{
    Q_OBJECT
public:
    enum ColumnId {
        StatusColumn,
        UserColumn,
        MessageColumn,
        EmojiColumn,
        DevicesColumn,
        SinceColumn,
        LastSeenColumn,
        NodeColumn,
        kColumns
    };

    explicit UsersModel(OverviewModel &overview, QObject *parent = nullptr);
    ~UsersModel() override;

    /// Nothing is shown for an empty one.
    void watch(const WorkspaceId &workspace);
    const WorkspaceId &workspace() const { return m_workspace; }

    void setFilter(const UserFilter &filter);
    const UserFilter &filter() const { return m_filter; }

    qsizetype total() const { return m_slotOf.size(); } ///< users, shown or not, or just gone
    bool isLoading() const { return m_isLoading; }
    qint64 expected() const { return m_expected; } ///< users, while loading
    QString problem() const { return m_problem; } ///< in words; empty for none

    /// Null for none.
    const UserRow *userAt(int row) const;
    int rowOf(const UserId &user) const; ///< -1 for one that is not shown
    bool isFilteredOut(const UserId &user) const; ///< there, and not shown for the filter

    // QAbstractItemModel
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    void sort(int column, Qt::SortOrder order) override;
    ExportedTable exported(const std::vector<int> &rows) const override;

    /// For who brings rows of his own: as if the daemon had told them.
    void enqueue(std::vector<UserRow> changed, std::vector<UserId> left);

Q_SIGNALS:
    void countsChanged(); ///< total(), isLoading() or problem()

private:
    /// A place for a user: it stays where it is while the user is there.
    struct Slot
    {
        UserRow row;
        QString text; ///< what the filter looks in
        int shownAt = -1; ///< row in the view, -1 for none
        bool isUsed = false;
        bool isTouched = false; ///< in m_touched
        quint64 load = 0; ///< number of the load that has told of it last
    };
    /// Something that was told and is not taken over yet.
    struct News
    {
        UserRow row;
        bool hasLeft = false;
        quint64 endOfLoad = 0; ///< number of a load whose last page was before this; no row
    };

    void joined(const protocol::JsonView &response);
    void finishLoad();
    void turn();
    void apply(const News &news);
    void put(const UserRow &row);
    void remove(int slot);
    void clear();
    void touch(int slot);
    void tellChanged();
    bool isShown(const Slot &slot) const;
    bool isBefore(int a, int b) const;
    bool isMoved(const UserRow &before, const UserRow &after) const;
    QVariant text(const UserRow &row, int column) const;
    QString tip(const UserRow &row, int column) const;

    // How rows go where they belong.
    void arrange();
    void show(std::vector<int> order, const std::vector<int> &added,
              const std::vector<int> &removed);
    void reorder(std::vector<int> order);

    OverviewModel &m_overview;
    WorkspaceId m_workspace;
    UserFilter m_filter;
    int m_sortColumn = UserColumn;
    Qt::SortOrder m_order = Qt::AscendingOrder;
    QString m_problem;
    bool m_isLoading = false;
    qint64 m_expected = 0;
    quint64 m_load = 0; ///< number of the load under way, or of the last one

    std::vector<Slot> m_slots;
    std::vector<int> m_free;
    QHash<UserId, int> m_slotOf;
    std::vector<int> m_shown; ///< slots, by row
    std::vector<int> m_touched; ///< slots that may be in the wrong place
    std::vector<int> m_changedRows; ///< whose values changed in this turn
    std::deque<News> m_news;
    QTimer m_turn;
    QTimer m_arrangement;
    PageReader m_pages;
    std::unique_ptr<Subscription> m_subscription;
};

} // namespace presence::dashboard
