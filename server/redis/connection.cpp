// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/connection.h"

#include <QPointer>

#include <algorithm>

namespace presence::redis {

using namespace Qt::StringLiterals;

/// How many times as long as a command may take it may wait before it is sent.
static constexpr int kQueueing = 2;
/// Of a library: of a rolling upgrade and of going back after it.
static constexpr size_t kOldVersions = 3;

Connection::Connection(const Deployment &deployment)
    : m_timeout(deployment.server.commandTimeout),
      m_followsMaster(deployment.kind == Deployment::Kind::Sentinel),
      m_link(makeLocator(deployment), [this](Reply reply) { onReply(std::move(reply)); })
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Connection::onTimer);
    connect(&m_link, &Link::ready, this, &Connection::onReady);
    connect(&m_link, &Link::lost, this, &Connection::onLost);
    connect(&m_link, &Link::failed, this, &Connection::failed);
}

bool Connection::mayWait() const
{
    return m_pending.size() < kMaxWaiting && Clock::now() - m_lostAt <= kRetryWindow;
}

void Connection::push(Pending pending)
{
    ++m_counters.commands;
    if (isReady() ? m_pending.size() >= kMaxPending : !mayWait()) {
        refuse(std::move(pending.callback));
        return;
    }
    pending.since = Clock::now();
    m_pending.push_back(std::move(pending));
    fillWindow();
    watchDeadline();
}

std::vector<Callback<Reply>> Connection::releaseUnsent()
{
    std::vector<Callback<Reply>> callbacks;
    for (Pending &pending : takeUnsent(std::chrono::milliseconds(0))) {
        if (pending.callback)
            callbacks.push_back(std::move(pending.callback));
    }
    return callbacks;
}

void Connection::fillWindow()
{
    while (isReady() && m_atServer < std::min(kWindow, m_pending.size())) {
        Pending &next = m_pending[m_atServer++];
        next.since = Clock::now();
        if (next.isAsking)
            Command{"ASKING"_ba}.appendTo(m_out);
        next.command.appendTo(m_out);
        scheduleFlush();
    }
}

void Connection::refuse(Callback<Reply> callback)
{
    ++m_counters.errors;
    if (!callback)
        return;
    ++m_refusals;
    QMetaObject::invokeMethod(
        this,
        [this, callback = std::move(callback)] {
            --m_refusals;
            callback(fail(ErrorCode::Unavailable, QStringLiteral("Redis is unreachable")));
        },
        Qt::QueuedConnection);
}

void Connection::scheduleFlush()
{
    if (std::exchange(m_flushScheduled, true))
        return;
    QMetaObject::invokeMethod(this, &Connection::flush, Qt::QueuedConnection);
}

void Connection::flush()
{
    m_flushScheduled = false;
    if (isReady() && !m_out.isEmpty())
        m_link.write(std::exchange(m_out, {}));
}

void Connection::onReady()
{
    if (std::exchange(m_readyBefore, true))
        ++m_counters.reconnects;
    fillWindow();
    flush();
    Q_EMIT ready();
}

void Connection::onLost()
{
    const QPointer<Connection> self(this);
    std::deque<Pending> pending = std::exchange(m_pending, {});
    const size_t written = std::exchange(m_atServer, 0);
    m_out.clear();
    m_lookedAgain = false;
    m_lostAt = Clock::now();
    Q_EMIT lost();
    if (self)
        failAll(std::move(pending), written);
}

void Connection::onReply(Reply reply)
{
    if (m_atServer == 0) {
        m_link.drop(QStringLiteral("a reply that nobody asked for"));
        return;
    }
    m_lookedAgain = false;
    if (std::exchange(m_pending.front().isAsking, false))
        return;
    Pending pending = std::move(m_pending.front());
    m_pending.pop_front();
    --m_atServer;
    std::deque<Pending> stale = takeUnsent(m_timeout * kQueueing);
    fillWindow();
    const QPointer<Connection> self(this);
    answer(std::move(pending), std::move(reply));
    if (self)
        failAll(std::move(stale), 0);
}

void Connection::answer(Pending pending, Reply reply)
{
    const QPointer<Connection> self(this);
    const bool isDemoted = m_followsMaster && reply.isError("READONLY");
    m_counters.errors += reply.isError();
    if (m_observer)
        m_observer(pending.command.operation(), Clock::now() - pending.since);
    if (reply.isError()) {
        auto commands = Script::repeated(pending.command, reply.bytes());
        if (!commands.empty() && !pending.isRepeated)
            return repeat(std::move(pending), std::move(commands));
        // What kept it from being loaded says more.
        if (!commands.empty() && m_loaded.isError())
            reply = m_loaded;
    }
    if (pending.callback)
        pending.callback(std::move(reply));
    if (isDemoted && self)
        m_link.drop(QStringLiteral("is the master no more"));
}

/// The last of `commands` in its place; those before it once for all that miss them at a time.
void Connection::repeat(Pending pending, std::vector<Command> commands)
{
    pending.command = std::move(commands.back());
    pending.isRepeated = true;
    pending.isAsking = pending.wasAsking;
    commands.pop_back();
    if (!commands.empty() && !std::exchange(m_isLoading, true))
        send(std::move(commands.front()), [this, self = QPointer(this)](Result<Reply> reply) {
            if (!self)
                return;
            m_isLoading = false;
            m_loaded = reply ? *std::move(reply) : Reply();
        });
    push(std::move(pending));
}

void Connection::load(const FunctionLibrary &library)
{
    send({"FUNCTION"_ba, "LIST"_ba, "LIBRARYNAME"_ba, library.prefix() + "_*"},
         [self = QPointer(this), library](const Result<Reply> &list) {
             if (!self || !list || list->isError())
                 return;
             self->onVersions(*list, library);
         });
}

/// The libraries of all versions that the server has: some are too many, this one may be missing.
void Connection::onVersions(const Reply &list, const FunctionLibrary &library)
{
    bool isLoaded = false;
    size_t others = 0;
    for (const Reply &entry : list.elements()) {
        const QByteArray name = entry.toHash().value("library_name"_ba);
        isLoaded = isLoaded || name == library.name();
        if (name != library.name() && library.isVersion(name) && ++others > kOldVersions)
            send({"FUNCTION"_ba, "DELETE"_ba, name}, {});
    }
    if (!isLoaded)
        send({"FUNCTION"_ba, "LOAD"_ba, library.text()}, {});
}

// All commands have the same time, so the first of the queue is always the first to be overdue.
void Connection::watchDeadline()
{
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    if (m_timer.isActive() || m_pending.empty())
        return;
    const auto left = m_pending.front().since + m_timeout - Clock::now();
    m_timer.start(std::max(ceil<milliseconds>(left), milliseconds(1)));
}

bool Connection::isOverdue(const Pending &pending) const
{
    return Clock::now() >= pending.since + m_timeout;
}

void Connection::onTimer()
{
    const QPointer<Connection> self(this);
    if (!m_pending.empty() && isOverdue(m_pending.front())) {
        if (!isReady()) {
            failWaiting();
        } else if (!std::exchange(m_lookedAgain, true)) {
            // The reply may wait behind this timer when the loop was held up.
            m_timer.start(1);
        } else {
            m_link.drop(QStringLiteral("no reply within %1 ms").arg(m_timeout.count()));
        }
    }
    if (self)
        watchDeadline();
}

// None of these was sent, so their outcome is known: it is not a Timeout.
void Connection::failWaiting()
{
    failAll(takeUnsent(m_timeout), 0);
}

/// They are in the order of their age.
std::deque<Connection::Pending> Connection::takeUnsent(std::chrono::milliseconds age)
{
    const auto latest = Clock::now() - age;
    const auto begin = m_pending.begin() + static_cast<qsizetype>(m_atServer);
    const auto end = std::find_if(begin, m_pending.end(),
                                  [latest](const Pending &p) { return p.since > latest; });
    std::deque<Pending> taken(std::make_move_iterator(begin), std::make_move_iterator(end));
    m_pending.erase(begin, end);
    return taken;
}

/// What was written and is overdue has an unknown outcome.
void Connection::failAll(std::deque<Pending> pending, size_t written)
{
    const QPointer<Connection> self(this);
    for (size_t i = 0; i < pending.size(); ++i) {
        const bool late = i < written && isOverdue(pending[i]);
        ++m_counters.errors;
        if (pending[i].callback)
            pending[i].callback(
                late ? fail(ErrorCode::Timeout, QStringLiteral("Redis was silent"))
                     : fail(ErrorCode::Unavailable, QStringLiteral("Redis is unreachable")));
        if (!self)
            return;
    }
}

} // namespace presence::redis
