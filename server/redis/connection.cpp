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

/// For what is written at once, in bytes: it is kept, and does not grow anew each time.
static constexpr qsizetype kKeptRoom = 128 * 1024;

/// At the time since the last reply, within the interval of PINGs.
static constexpr int kLooks = 4;
/// Between two attempts at what a server refuses for now.
static constexpr std::chrono::milliseconds kRefusedPause{100};
/// A server that was left because it is the master no more, and says again that it is one.
static constexpr std::chrono::seconds kDemotedMemory{5};
/// A refusal that comes so long after the last one is the first of others.
static constexpr std::chrono::seconds kRefusedMemory{10};

Connection::Connection(const Deployment &deployment)
    : m_deployment(deployment), m_timeout(deployment.server.commandTimeout),
      m_followsMaster(deployment.kind == Deployment::Kind::Sentinel
                      || deployment.server.mustBeMaster),
      m_pingInterval(deployment.server.pingInterval)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Connection::onTimer);
    m_retry.setSingleShot(true);
    m_retry.setInterval(kRefusedPause);
    connect(&m_retry, &QTimer::timeout, this, &Connection::tryHeld);
    m_ping.setInterval(m_pingInterval / kLooks);
    connect(&m_ping, &QTimer::timeout, this, &Connection::pingWhenQuiet);
    use(makeLink());
}

std::unique_ptr<Link> Connection::makeLink()
{
    const auto self = std::make_shared<Link *>(nullptr);
    auto link = std::make_unique<Link>(makeLocator(m_deployment), [this, self](Reply reply) {
        // m_next was asked nothing.
        if (*self != m_link.get())
            (*self)->drop(QStringLiteral("a reply that nobody asked for"));
        else
            onReply(std::move(reply));
    });
    *self = link.get();
    return link;
}

void Connection::use(std::unique_ptr<Link> link)
{
    link->disconnect(this);
    m_link = std::move(link);
    connect(m_link.get(), &Link::ready, this, &Connection::onReady);
    connect(m_link.get(), &Link::lost, this, &Connection::onLost);
    connect(m_link.get(), &Link::failed, this, &Connection::failed);
}

void Connection::renew()
{
    // One that is not connected uses the new credentials anyway.
    if (!isReady())
        return m_link->hurry();
    // One that is ready is used in a moment.
    m_renewAgain = m_next && m_next->isReady();
    if (m_renewAgain)
        return;
    m_next = makeLink();
    connect(m_next.get(), &Link::ready, this, [this] {
        if (m_leaving == Leaving::No)
            m_leaving = Leaving::Renewed;
        if (m_atServer == 0)
            leave();
    });
}

bool Connection::mayWait() const
{
    return m_pending.size() < kMaxWaiting && Clock::now() - m_lostAt <= kRetryWindow;
}

void Connection::push(Pending pending)
{
    const auto now = Clock::now();
    pending.since = now;
    if (pending.begin == Clock::time_point())
        pending.begin = now;
    const bool mustHold = isHeld(pending);
    if (mustHold        ? m_held.size() >= kMaxWaiting
            : isReady() ? m_pending.size() >= kMaxPending
                        : !mayWait())
        return refuse(std::move(pending));
    if (mustHold)
        return m_held.push_back(std::move(pending));
    if (m_pending.empty())
        closeStale();
    m_pending.push_back(std::move(pending));
    fillWindow(now);
    watchDeadline();
}

/// Earlier ones of its key are.
bool Connection::isHeld(const Pending &pending) const
{
    return !m_heldKeys.isEmpty() && !pending.isTried
        && m_heldKeys.contains(pending.command.key().toByteArray());
}

std::vector<ReplyCallback> Connection::releaseUnsent()
{
    std::vector<ReplyCallback> callbacks;
    m_heldKeys.clear();
    // What is held came first.
    for (auto *unsent : {&m_held, &m_pending}) {
        const auto begin
            = unsent->begin() + (unsent == &m_pending ? static_cast<qsizetype>(m_atServer) : 0);
        for (auto pending = begin; pending != unsent->end(); ++pending) {
            if (pending->callback)
                callbacks.push_back(std::move(pending->callback));
        }
        unsent->erase(begin, unsent->end());
    }
    return callbacks;
}

void Connection::fillWindow(Clock::time_point now)
{
    while (isReady() && m_leaving == Leaving::No
           && m_atServer < std::min(kWindow, m_pending.size())) {
        const auto place = m_pending.begin() + static_cast<qsizetype>(m_atServer);
        if (isHeld(*place)) {
            m_held.push_back(std::move(*place));
            m_pending.erase(place);
            continue;
        }
        Pending &next = m_pending[m_atServer++];
        next.since = now;
        if (next.isAsking)
            Command{"ASKING"_ba}.appendTo(m_out);
        next.command.appendTo(m_out);
        scheduleFlush();
    }
}

void Connection::refuse(Pending pending)
{
    ++m_counters.errors;
    if (pending.isTried)
        releaseHeld();
    if (!pending.callback)
        return;
    ++m_refusals;
    QMetaObject::invokeMethod(
        this,
        [this, callback = std::move(pending.callback)] {
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
    if (!isReady() || m_out.isEmpty())
        return;
    const QPointer<Connection> self(this);
    QByteArray out = std::exchange(m_out, {});
    m_link->write(out);
    if (!self || !m_out.isEmpty() || out.capacity() > kKeptRoom)
        return;
    out.resize(0);
    m_out = std::move(out);
}

void Connection::onReady()
{
    if (std::exchange(m_readyBefore, true))
        ++m_counters.reconnects;
    m_lastReply = Clock::now();
    m_ping.start();
    fillWindow(Clock::now());
    flush();
    Q_EMIT ready();
}

/// What was not sent waits for the server that comes.
void Connection::onLost()
{
    const QPointer<Connection> self(this);
    const auto unsent = m_pending.begin() + static_cast<qsizetype>(m_atServer);
    std::vector<Pending> sent(std::make_move_iterator(m_pending.begin()),
                              std::make_move_iterator(unsent));
    m_pending.erase(m_pending.begin(), unsent);
    m_atServer = 0;
    std::move(m_demoted.rbegin(), m_demoted.rend(), std::front_inserter(m_pending));
    m_demoted.clear();
    const bool wasDemoted = std::exchange(m_leaving, Leaving::No) == Leaving::Demoted;
    m_loaded = Reply();
    m_ping.stop();
    m_out.clear();
    m_lookedAgain = false;
    m_lostAt = Clock::now();
    Q_EMIT lost();
    if (self && wasDemoted)
        Q_EMIT demoted();
    if (self)
        failAll(std::move(sent), Outcome::Unknown);
    if (!self || !m_next)
        return;
    use(std::move(m_next));
    if (isReady())
        onReady();
}

void Connection::onReply(Reply reply)
{
    if (m_atServer == 0) {
        m_link->drop(QStringLiteral("a reply that nobody asked for"));
        return;
    }
    m_lookedAgain = false;
    if (std::exchange(m_pending.front().isAsking, false))
        return;
    Pending pending = std::move(m_pending.front());
    m_pending.pop_front();
    --m_atServer;
    m_lastReply = Clock::now();
    std::vector<Pending> stale;
    if (m_pending.size() > m_atServer)
        stale = takeUnsent(m_lastReply - m_timeout * kQueueing);
    const QPointer<Connection> self(this);
    // Before others are sent: it may be that they have to wait for it.
    answer(std::move(pending), std::move(reply));
    if (self && m_pending.size() > m_atServer)
        fillWindow(Clock::now());
    if (self && !stale.empty())
        failAll(std::move(stale), Outcome::NotSent);
    if (self && m_leaving != Leaving::No && m_atServer == 0)
        leave();
}

void Connection::answer(Pending &&pending, Reply &&reply)
{
    if (m_observer)
        m_observer(pending.command.operation(), m_lastReply - pending.since);
    if (reply.isError()) {
        auto commands = Script::repeated(pending.command, reply.bytes());
        if (!commands.empty() && !pending.isRepeated)
            return repeat(std::move(pending), std::move(commands));
        // What kept it from being loaded says more.
        if (!commands.empty() && m_loaded.isError())
            reply = m_loaded;
        const bool lacksLibrary = m_leaving == Leaving::Demoted && !commands.empty();
        if (m_followsMaster && (reply.isError("READONLY") || lacksLibrary)) {
            const auto now = Clock::now();
            // One that says again and again that it is the master, and takes no changes, is told
            // so.
            const bool isFirst
                = m_leaving == Leaving::Demoted || now - m_demotedAt > kDemotedMemory;
            if (m_leaving != Leaving::Demoted)
                m_demotedAt = now;
            m_leaving = Leaving::Demoted;
            if (isFirst && pending.begin + m_timeout > now) {
                pending.isRepeated = false;
                return m_demoted.push_back(std::move(pending));
            }
        }
        if (isShort(pending, reply))
            return hold(std::move(pending));
    }
    m_counters.errors += reply.isError();
    if (pending.isTried)
        releaseHeld();
    if (pending.callback)
        pending.callback(std::move(reply));
}

/// Whether what the server refused is to be tried again. A server that has been refusing for long
/// says so to everybody at once.
bool Connection::isShort(const Pending &pending, const Reply &reply)
{
    const QByteArrayView key = pending.command.key();
    if (key.isEmpty() || (!reply.isError("OOM") && !reply.isError("NOREPLICAS")))
        return false;
    const auto now = Clock::now();
    if (now - m_refusedLast > kRefusedMemory)
        m_refusedSince = now;
    m_refusedLast = now;
    const auto till = std::min(m_refusedSince + kRetryWindow, pending.begin + m_timeout);
    return now < till && m_held.size() < kMaxWaiting && !isOvertaken(key);
}

/// Others of the key are with the server already.
bool Connection::isOvertaken(QByteArrayView key) const
{
    const auto end = m_pending.begin() + static_cast<qsizetype>(m_atServer);
    return std::any_of(m_pending.begin(), end,
                       [key](const Pending &pending) { return pending.command.key() == key; });
}

void Connection::hold(Pending refused)
{
    m_heldKeys.insert(refused.command.key().toByteArray());
    // A library may have to be loaded still.
    refused.isRepeated = false;
    refused.isAsking = refused.wasAsking;
    if (std::exchange(refused.isTried, false))
        m_held.push_front(std::move(refused));
    else
        m_held.push_back(std::move(refused));
    m_retry.start();
}

/// One for all: the server refuses them for the same reason.
void Connection::tryHeld()
{
    if (m_held.empty())
        return;
    Pending first = std::move(m_held.front());
    m_held.pop_front();
    first.isTried = true;
    push(std::move(first));
}

/// The one that was tried is answered.
void Connection::releaseHeld()
{
    m_heldKeys.clear();
    for (Pending &pending : std::exchange(m_held, {}))
        push(std::move(pending));
}

/// All that was sent is answered.
void Connection::leave()
{
    switch (m_leaving) {
    case Leaving::No:
        return;
    case Leaving::Renewed:
        return useNext();
    case Leaving::Demoted:
        return m_link->drop(QStringLiteral("is the master no more"));
    case Leaving::Closed:
        return m_link->drop(QStringLiteral("The remote host closed the connection"));
    }
}

/// Unless it has broken meanwhile.
void Connection::useNext()
{
    const QPointer<Connection> self(this);
    m_leaving = Leaving::No;
    if (!m_next || !m_next->isReady()) {
        fillWindow(Clock::now());
        return;
    }
    use(std::move(m_next));
    onReady();
    if (self)
        Q_EMIT renewed();
    if (self && std::exchange(m_renewAgain, false))
        renew();
}

/// After a while without a word the server may have closed its side, which is not heard of before
/// the event loop turns. What is asked for now waits for the next connection.
void Connection::closeStale()
{
    constexpr std::chrono::milliseconds kWhile{200};
    if (!isReady() || m_leaving != Leaving::No || Clock::now() - m_lastReply < kWhile
        || !m_link->isClosedByServer())
        return;
    m_leaving = Leaving::Closed;
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (m_atServer == 0)
                leave();
        },
        Qt::QueuedConnection);
}

/// A path that was cut is noticed before somebody needs it. A reply that is late gives the socket
/// up.
void Connection::pingWhenQuiet()
{
    const bool isQuiet = Clock::now() - m_lastReply > m_pingInterval * (kLooks - 1) / kLooks;
    if (isQuiet && isReady() && m_pending.empty())
        send({"PING"_ba}, {});
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
            m_link->drop(QStringLiteral("no reply within %1 ms").arg(m_timeout.count()));
        }
    }
    if (self)
        watchDeadline();
}

// None of these was sent, so their outcome is known: it is not a Timeout.
void Connection::failWaiting()
{
    failAll(takeUnsent(Clock::now() - m_timeout), Outcome::NotSent);
}

/// They are in the order of their age.
std::vector<Connection::Pending> Connection::takeUnsent(Clock::time_point latest)
{
    if (m_pending.size() == m_atServer)
        return {};
    const auto begin = m_pending.begin() + static_cast<qsizetype>(m_atServer);
    const auto end = std::find_if(begin, m_pending.end(),
                                  [latest](const Pending &p) { return p.since > latest; });
    std::vector<Pending> taken(std::make_move_iterator(begin), std::make_move_iterator(end));
    m_pending.erase(begin, end);
    return taken;
}

void Connection::failAll(std::vector<Pending> failed, Outcome outcome)
{
    const QPointer<Connection> self(this);
    for (const Pending &pending : failed) {
        const bool isLate = outcome == Outcome::Unknown && isOverdue(pending);
        ++m_counters.errors;
        if (pending.isTried)
            releaseHeld();
        if (pending.callback)
            pending.callback(
                isLate ? fail(ErrorCode::Timeout, QStringLiteral("Redis was silent"))
                       : fail(ErrorCode::Unavailable, QStringLiteral("Redis is unreachable")));
        if (!self)
            return;
    }
}

} // namespace presence::redis
