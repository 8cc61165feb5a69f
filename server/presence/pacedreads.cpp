// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/pacedreads.h"

#include "shared/protocol/limits.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using limits::FairQueue;
using limits::Spending;

static size_t rowsOf(const OnlinePage &page)
{
    return page.rows.size();
}

static size_t rowsOf(const UserPage &page)
{
    return page.read;
}

template <typename T, typename Read>
void PacedReads::enqueue(const limits::Payer &payer, int rows, Callback<T> done, Read read)
{
    m_queue.run(
        payer.name(), rows,
        [done = std::move(done), read = std::move(read)](FairQueue::Ticket ticket) mutable {
            read([done = std::move(done), ticket = std::move(ticket)](Result<T> result) mutable {
                ticket.reset(); // the next read is on its way before this one is answered
                done(std::move(result));
            });
        });
}

template <typename T, typename Read>
void PacedReads::pace(const limits::Payer &payer, int rows, Callback<T> done, Read read)
{
    if (const auto may = payer.take(Spending::Rows, rows); !may)
        return done(Failure(may.error()));
    if (!payer.isTrusted() && m_queue.isFull(payer.name(), rows))
        return done(payer.refuseReads());
    enqueue<T>(payer, rows, std::move(done), std::move(read));
}

void PacedReads::getPresence(const limits::Payer &payer, const UserId &user, const Sight &sight,
                             Callback<UserPresence> done)
{
    auto seen = [sight, done = std::move(done)](Result<UserPresence> presence) {
        if (presence && !sight.includes(presence->user, presence->places))
            return done(fail(ErrorCode::NotFound, u"no such user"_s));
        done(std::move(presence).map(
            [&sight](UserPresence &&whole) { return sight.seen(std::move(whole)); }));
    };
    pace<UserPresence>(payer, 1, std::move(seen),
                       [this, user, viewer = sight.viewerOf(user)](Callback<UserPresence> answer) {
                           m_tracker.getPresence(user, viewer, std::move(answer));
                       });
}

/// A bulk of users, of which a part is under way.
struct PacedReads::Bulk
{
    QByteArray owner;
    std::vector<UserId> users;
    Sight sight;
    std::vector<UserPresence> rows;
    Callback<std::vector<UserPresence>> done;
};

void PacedReads::getBulkPresence(const limits::Payer &payer, const std::vector<UserId> &users,
                                 const Sight &sight, Callback<std::vector<UserPresence>> done)
{
    const auto count = static_cast<int>(users.size());
    if (const auto may = payer.take(Spending::Rows, count); !may)
        return done(Failure(may.error()));
    if (!payer.isTrusted() && m_queue.isFull(payer.name(), count))
        return done(payer.refuseReads());
    readNext(std::make_shared<Bulk>(Bulk{payer.name(), users, sight, {}, std::move(done)}));
}

/// A window of it, behind what the owner has asked for since.
void PacedReads::readNext(const std::shared_ptr<Bulk> &bulk)
{
    const auto first = bulk->users.begin() + static_cast<qsizetype>(bulk->rows.size());
    const auto count = std::min<qsizetype>(FairQueue::kWindow, bulk->users.end() - first);
    std::vector<UserId> part(first, first + count);
    auto read = [this, bulk, part = std::move(part)](FairQueue::Ticket ticket) {
        const auto viewerOf = [bulk](const UserId &user) { return bulk->sight.viewerOf(user); };
        m_tracker.getBulkPresence(part, viewerOf,
                                  [this, bulk, ticket = std::move(ticket)](
                                      Result<std::vector<UserPresence>> rows) mutable {
                                      ticket.reset();
                                      if (!rows)
                                          return bulk->done(Failure(rows.error()));
                                      for (UserPresence &row : *rows)
                                          bulk->rows.push_back(bulk->sight.seen(std::move(row)));
                                      if (bulk->rows.size() == bulk->users.size())
                                          return bulk->done(std::move(bulk->rows));
                                      readNext(bulk);
                                  });
    };
    m_queue.run(bulk->owner, static_cast<int>(count), std::move(read));
}

/// Of pages that an owner has under way at a time.
static constexpr int kPages = 4;

/// How many rows there are shows when they are there: what was not needed is given back.
template <typename Rows, typename Read>
void PacedReads::pacePage(const limits::Payer &payer, Callback<Rows> done, Read read)
{
    if (const auto may = payer.take(Spending::Rows, limits::kMaxPage); !may)
        return done(Failure(may.error()));
    auto answered = [payer, done = std::move(done)](Result<Rows> page) {
        const double used = page ? std::max<double>(1, double(rowsOf(*page))) : 1;
        payer.refund(Spending::Rows, limits::kMaxPage - used);
        done(std::move(page));
    };
    constexpr int kRows = FairQueue::kWindow / kPages;
    if (!payer.isTrusted() && m_queue.isFull(payer.name(), kRows))
        return answered(payer.refuseReads());
    enqueue<Rows>(payer, kRows, std::move(answered), std::move(read));
}

void PacedReads::getOnlineUsers(const limits::Payer &payer, const WorkspaceId &workspace,
                                const Page &page, Callback<OnlinePage> done)
{
    pacePage(payer, std::move(done), [this, workspace, page](Callback<OnlinePage> answer) {
        m_tracker.getOnlineUsers(workspace, page, std::move(answer));
    });
}

void PacedReads::getViewers(const limits::Payer &payer, const ChannelId &channel, const Page &page,
                            Callback<UserPage> done)
{
    pacePage(payer, std::move(done), [this, channel, page](Callback<UserPage> answer) {
        m_viewers.getChannelViewers(channel, page, std::move(answer));
    });
}

void PacedReads::getTyping(const limits::Payer &payer, const ChannelId &channel, const Page &page,
                           Callback<UserPage> done)
{
    pacePage(payer, std::move(done), [this, channel, page](Callback<UserPage> answer) {
        m_typing.getTypingUsers(channel, page, std::move(answer));
    });
}

} // namespace presence::rules
