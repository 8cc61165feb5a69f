// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/archive.h"
#include "server/presence/store.h"
#include "shared/model/admin.h"

#include <QDeadlineTimer>
#include <QElapsedTimer>

#include <memory>

namespace presence::admin {

/// Looks for users, devices, channels, workspaces and nodes whose name begins with a text: a part
/// of the search, which ends after kPart, or with kMostFound names.
///
/// The first part looks up who has exactly this name, and is short. Then MongoDB is asked, by its
/// index, for users that Redis does not know. The others are found by looking
/// at all names, in slices of which Redis makes short work, with a pause after each that is as long
/// as the slice took. So a search has at most half of a server's time, and less the busier that is.
/// After kMostExamined names it is cut.
class NameSearch : public std::enable_shared_from_this<NameSearch>
{
public:
    /// Where a part begins.
    struct Place
    {
        /// In the order in which they are looked at: what costs little first.
        enum Stage : quint8 {
            Exact,
            Archived,
            Workspaces,
            Channels,
            OnlineUsers,
            AllUsers,
            Devices,
            End
        };
        int stage = Exact;
        qsizetype server = 0; ///< of all users
        QByteArray cursor = "0"; ///< Redis' own
        qint64 examined = 0; ///< names, in the parts before

        /// Nothing when `text` is not what toText() gave; "" is the beginning.
        static std::optional<Place> from(const QByteArray &text);
        QByteArray toText() const; ///< "" for the end
    };

    static constexpr std::chrono::milliseconds kPart{150};
    static constexpr size_t kMostFound = 100; ///< but for the rest of a slice
    static constexpr qint64 kMostExamined = 2'000'000;

    /// Where names are looked for.
    struct Sources
    {
        const rules::Store &store;
        const archive::Archive *archive = nullptr; ///< null: there is none
        QObject *shard = nullptr; ///< on whose thread this is, with an archive
    };
    NameSearch(const Sources &sources, QByteArray text, Place from, Callback<FoundNames> done);

    /// Calls `done` at its end, unless the client of Redis is gone by then.
    void start();

private:
    void step();
    bool isEnough() const;
    void finish();
    void refuse();
    void skip();
    void endSlice(const QByteArray &cursor, qint64 examined);
    void nextStage();
    void lookUp();
    void readNodes();
    void askArchive();
    void takeArchived(const Result<std::vector<ArchivedUser>> &users);
    void noteUnknown(const std::vector<ArchivedUser> &users, const redis::Client::Replies &known);
    void scanSet(const QByteArray &key);
    void takeName(const QByteArray &name);
    void scanUsers();
    void scanDevices();
    void readDevices(const QByteArray &cursor, const std::vector<UserId> &users);
    void readSessions(const QByteArray &cursor, const std::vector<UserId> &hidden, qint64 examined);
    QByteArray pattern(const QByteArray &before = {}) const;

    const Sources m_sources;
    const rules::Store &m_store;
    const QByteArray m_text;
    Place m_place;
    Callback<FoundNames> m_done;
    FoundNames m_found;
    QDeadlineTimer m_deadline;
    QElapsedTimer m_slice; ///< since it was asked for
};

} // namespace presence::admin
