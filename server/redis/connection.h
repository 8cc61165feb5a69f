// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/link.h"
#include "server/redis/replycallback.h"
#include "server/redis/script.h"

#include <QObject>
#include <QSet>
#include <QTimer>

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

namespace presence::redis {

/// Commands to one server over one socket, answered in the order in which they were sent.
///
/// Everything sent within one pass of the event loop leaves in one write, but no more than kWindow
/// commands are with the server at a time: the rest waits here, twice as long as a command may take
/// if the server is that slow. Lives on the thread that made it, owned by a Client. Callbacks come
/// from the event loop, never out of send(); they may send, and may destroy the connection.
/// Destroying it drops the callbacks that are still due without calling them: their owners are
/// going away too.
///
/// Errors a callback may get:
///  - Timeout: no reply within Endpoint::commandTimeout. The socket is given up with it, because
///    later replies could no longer be told apart.
///  - Unavailable: the server is away or too slow (the command was not sent), or the socket broke
///    before the reply (it may or may not have been done).
/// An error reply of the server is a Reply of kind Error. Nothing is ever sent twice but what was
/// not done the first time:
///  - A Script::command() of which the server lacks the script or the library goes again, with what
///    was missing, after what was sent behind it. A script must not depend on its place in the
///    queue.
///  - What a server refuses because it is full or lacks replicas (OOM, NOREPLICAS) is tried again
///    for kRetryWindow, and what comes later with the same key waits for it. Not what would be
///    overtaken by a command that is with the server already.
///  - What a master refuses because it is one no more (READONLY) waits for the next one.
class Connection final : public QObject
{
    Q_OBJECT

public:
    /// Commands kept while the server is away; more are refused at once.
    static constexpr size_t kMaxWaiting = 10'000;
    /// Commands that the server has and has not answered. It is kept busy for tens of milliseconds
    /// by so many, and whoever else asks it does not wait for longer than that.
    static constexpr size_t kWindow = 512;
    /// Commands that a server may owe an answer to, or get later; more are refused at once.
    static constexpr size_t kMaxPending = 200'000;
    /// How long after a loss, or after the start, commands wait for the server instead of failing.
    static constexpr std::chrono::milliseconds kRetryWindow{2000};

    struct Counters
    {
        quint64 commands = 0; ///< taken by send()
        quint64 errors = 0; ///< error replies and failures
        quint64 reconnects = 0; ///< times the server was ready again
        quint64 pending = 0; ///< commands that are not answered yet

        Counters &operator+=(const Counters &other)
        {
            commands += other.commands;
            errors += other.errors;
            reconnects += other.reconnects;
            pending += other.pending;
            return *this;
        }
    };

    /// Called with each reply's latency and Command::operation().
    using Observer = std::function<void(QByteArrayView, std::chrono::nanoseconds)>;

    /// Not of a Cluster, which has one for each node. With Sentinel, a master that says it is one
    /// no more is left, and the new one is looked for.
    explicit Connection(const Deployment &deployment);

    /// Connects anew, with the credentials that hold now, and goes on over that socket as soon as
    /// it is ready and the old one owes no reply. Nothing fails because of it; the old one stays
    /// for as long as the server does not let us in.
    void renew();

    /// Whether the command goes behind an ASKING of its own: to a node that is getting its slot.
    enum class Asking : quint8 { No, Yes };

    /// `callback` may be empty, for a command whose outcome nobody needs.
    void send(Command command, ReplyCallback callback, Asking asking = Asking::No)
    {
        ++m_counters.commands;
        push({.callback = std::move(callback),
              .command = std::move(command),
              .isAsking = asking == Asking::Yes,
              .wasAsking = asking == Asking::Yes});
    }

    /// Has the server load the library, unless it has it, and forget old versions of it but for
    /// some: nodes that still use one of those load it again.
    void load(const FunctionLibrary &library);

    /// Forgets the commands that the server has not been sent, and returns their callbacks.
    std::vector<ReplyCallback> releaseUnsent();

    bool isReady() const { return m_link && m_link->isReady(); }
    bool isIdle() const ///< no callback is due
    {
        return m_pending.empty() && m_held.empty() && m_demoted.empty() && m_refusals == 0;
    }
    Counters counters() const
    {
        Counters counters = m_counters;
        counters.pending = m_pending.size() + m_held.size() + m_demoted.size();
        return counters;
    }
    void setObserver(Observer observer) { m_observer = std::move(observer); }

Q_SIGNALS:
    void ready();
    void lost();
    void failed(); ///< an attempt to connect
    void demoted(); ///< the server is the master no more
    void renewed(); ///< renew() is done

private:
    using Clock = std::chrono::steady_clock;
    struct Pending
    {
        ReplyCallback callback;
        Command command;
        bool isAsking = false; ///< the answer to the ASKING before it is to come
        bool wasAsking = false;
        bool isRepeated = false; ///< it was sent before what it needs was loaded
        bool isTried = false; ///< m_held waits for its answer
        Clock::time_point since = {}; ///< it has been with the server, or waits for one
        Clock::time_point begin = {}; ///< when it was asked for
    };

    std::unique_ptr<Link> makeLink();
    void use(std::unique_ptr<Link> link);
    void push(Pending pending);
    bool mayWait() const;
    void refuse(Pending pending);
    void fillWindow(Clock::time_point now);
    void scheduleFlush();
    void flush();
    void onReady();
    void onLost();
    void onReply(Reply reply);
    void answer(Pending &&pending, Reply &&reply);
    void repeat(Pending pending, std::vector<Command> commands);
    void onVersions(const Reply &list, const FunctionLibrary &library);
    bool isHeld(const Pending &pending) const;
    bool isShort(const Pending &pending, const Reply &reply);
    bool isOvertaken(QByteArrayView key) const;
    void hold(Pending refused);
    void tryHeld();
    void releaseHeld();
    void leave();
    void useNext();
    void closeStale();
    void pingWhenQuiet();
    void onTimer();
    void watchDeadline();
    void failWaiting();
    std::vector<Pending> takeUnsent(Clock::time_point latest);
    bool isOverdue(const Pending &pending) const;
    /// Of commands without an answer.
    enum class Outcome : quint8 { NotSent, Unknown };
    void failAll(std::vector<Pending> failed, Outcome outcome);

    const Deployment m_deployment;
    const std::chrono::milliseconds m_timeout;
    const bool m_followsMaster;
    QByteArray m_out;
    bool m_flushScheduled = false;
    bool m_readyBefore = false;
    Clock::time_point m_lostAt = Clock::now();
    std::deque<Pending> m_pending;
    std::deque<Pending> m_held; ///< refused for now, and what is to come after that
    QSet<QByteArray> m_heldKeys; ///< of these, and of the one that is tried
    QTimer m_retry; ///< of the first of m_held
    Clock::time_point m_refusedSince; ///< the first refusal of those that follow each other
    Clock::time_point m_refusedLast;
    std::deque<Pending> m_demoted; ///< refused by a server that is the master no more
    /// Why nothing more is sent over this socket, which is left when all that was sent is answered.
    enum class Leaving : quint8 { No, Renewed, Demoted, Closed };
    Leaving m_leaving = Leaving::No;
    Clock::time_point m_demotedAt; ///< last
    bool m_renewAgain = false; ///< once m_next is used
    const std::chrono::milliseconds m_pingInterval;
    Clock::time_point m_lastReply;
    QTimer m_ping;
    int m_refusals = 0; ///< that are on their way to their callbacks
    size_t m_atServer = 0; ///< the first of m_pending, which were written
    bool m_isLoading = false; ///< a library that a call has missed
    Reply m_loaded; ///< the last answer to that
    bool m_lookedAgain = false; ///< since the first of m_pending was found overdue
    QTimer m_timer; ///< not before the deadline of the first of m_pending
    Counters m_counters;
    Observer m_observer;
    std::unique_ptr<Link> m_link;
    std::unique_ptr<Link> m_next; ///< to be used instead of m_link; or null
};

} // namespace presence::redis
