// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/link.h"
#include "server/redis/script.h"

#include <QObject>
#include <QTimer>

#include <chrono>
#include <deque>
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
/// An error reply of the server is a Reply of kind Error. Nothing is ever sent twice but a
/// Script::command() of which the server lacks the script or the library: it is sent again, with
/// what was missing, after what was sent behind it. A script must not depend on its place in the
/// queue.
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

        Counters &operator+=(const Counters &other)
        {
            commands += other.commands;
            errors += other.errors;
            reconnects += other.reconnects;
            return *this;
        }
    };

    /// Called with each reply's latency and Command::operation().
    using Observer = std::function<void(const QByteArray &, std::chrono::nanoseconds)>;

    /// Not of a Cluster, which has one for each node. With Sentinel, a master that says it is one
    /// no more is left, and the new one is looked for.
    explicit Connection(const Deployment &deployment);

    /// Whether the command goes behind an ASKING of its own: to a node that is getting its slot.
    enum class Asking : quint8 { No, Yes };

    /// `callback` may be empty, for a command whose outcome nobody needs.
    void send(Command command, Callback<Reply> callback, Asking asking = Asking::No)
    {
        push({std::move(callback),
              {},
              std::move(command),
              asking == Asking::Yes,
              asking == Asking::Yes});
    }

    /// Has the server load the library, unless it has it, and forget old versions of it but for
    /// some: nodes that still use one of those load it again.
    void load(const FunctionLibrary &library);

    /// Forgets the commands that the server has not been sent, and returns their callbacks.
    std::vector<Callback<Reply>> releaseUnsent();

    bool isReady() const { return m_link.isReady(); }
    bool isIdle() const { return m_pending.empty() && m_refusals == 0; } ///< no callback is due
    const Counters &counters() const { return m_counters; }
    void setObserver(Observer observer) { m_observer = std::move(observer); }

Q_SIGNALS:
    void ready();
    void lost();
    void failed(); ///< an attempt to connect

private:
    using Clock = std::chrono::steady_clock;
    struct Pending
    {
        Callback<Reply> callback;
        Clock::time_point since; ///< it has been with the server, or waits for one
        Command command;
        bool isAsking = false; ///< the answer to the ASKING before it is to come
        bool wasAsking = false;
        bool isRepeated = false; ///< it was sent before what it needs was loaded
    };

    void push(Pending pending);
    bool mayWait() const;
    void refuse(Callback<Reply> callback);
    void fillWindow();
    void scheduleFlush();
    void flush();
    void onReady();
    void onLost();
    void onReply(Reply reply);
    void answer(Pending pending, Reply reply);
    void repeat(Pending pending, std::vector<Command> commands);
    void onVersions(const Reply &list, const FunctionLibrary &library);
    void onTimer();
    void watchDeadline();
    void failWaiting();
    std::deque<Pending> takeUnsent(std::chrono::milliseconds age);
    bool isOverdue(const Pending &pending) const;
    void failAll(std::deque<Pending> pending, size_t written);

    const std::chrono::milliseconds m_timeout;
    const bool m_followsMaster;
    QByteArray m_out;
    bool m_flushScheduled = false;
    bool m_readyBefore = false;
    Clock::time_point m_lostAt = Clock::now();
    std::deque<Pending> m_pending;
    int m_refusals = 0; ///< that are on their way to their callbacks
    size_t m_atServer = 0; ///< the first of m_pending, which were written
    bool m_isLoading = false; ///< a library that a call has missed
    Reply m_loaded; ///< the last answer to that
    bool m_lookedAgain = false; ///< since the first of m_pending was found overdue
    QTimer m_timer; ///< not before the deadline of the first of m_pending
    Counters m_counters;
    Observer m_observer;
    Link m_link;
};

} // namespace presence::redis
