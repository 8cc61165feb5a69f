// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/hub.h"

#include <QStringBuilder>

#include <algorithm>

namespace presence::hub {

using namespace std::chrono_literals;

/// Between two attempts to read users while Redis is away.
static constexpr auto kUserReadRetry = 500ms;
/// Of those that linger. Of more the oldest are forgotten.
static constexpr size_t kMaxLingering = 20'000;
/// That are forgotten at a time: who leaves leaves thousands.
static constexpr int kForgottenAtOnce = 200;
/// Rows that a roster counts as, when it is read: as much as an owner may read at a time.
static constexpr int kRosterRows = limits::FairQueue::kWindow;

using Clock = std::chrono::steady_clock;

Hub::Hub(bus::EventBus &bus, const redis::KeySpace &keys, Sources sources, RosterTimes times)
    : m_bus(bus), m_keys(keys), m_sources(std::move(sources)), m_times(times)
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(kUserReadRetry);
    QObject::connect(&m_retry, &QTimer::timeout, &m_retry, [this] { readAgain(); });
    m_flush.setSingleShot(true);
    m_flush.setInterval(times.window);
    QObject::connect(&m_flush, &QTimer::timeout, &m_flush, [this] { flushUsers(); });
    m_forget.setSingleShot(true);
    QObject::connect(&m_forget, &QTimer::timeout, &m_forget, [this] { forgetLeft(); });
}

Hub::~Hub() = default;

template <typename MakeTopic>
Topic &Hub::join(const QByteArray &name, Receiver &receiver, MakeTopic make)
{
    Entry &entry = m_topics[name];
    if (!entry.topic) {
        entry.firstRead = std::make_shared<FirstRead>();
        entry.topic = make(entry);
    }
    if (const auto read = entry.firstRead) // it may begin now
        waitFor(read, name, receiver.owner());
    entry.topic->join(receiver);
    return *entry.topic;
}

UserTopic &Hub::joinUser(const UserId &user, Receiver &receiver, const UserTopic::Within &within)
{
    UserTopic::Host &host = *this;
    const QByteArray key = UserTopic::keyOf(user, within);
    return static_cast<UserTopic &>(join(key, receiver, [&](Entry &) {
        return std::make_unique<UserTopic>(m_bus, user, m_keys.userEvents(user), host, within);
    }));
}

/// The first time in the turn of whoever has joined: one who asks for a lot keeps nobody else
/// waiting. Later, which nobody has asked for, on behalf of nobody; a roster by itself, so that
/// none waits for another that a server which is away has.
void Hub::enqueue(const QByteArray &name, int rows, limits::FairQueue::Task task)
{
    const auto found = m_topics.find(name);
    const auto read = found != m_topics.end() ? found->second.firstRead : nullptr;
    if (!read || read->task)
        return m_reads.run(rows == kRosterRows ? name : QByteArray(), rows, std::move(task));
    read->rows = rows;
    read->task = std::move(task);
    for (const QByteArray &owner : std::exchange(read->owners, {}))
        waitFor(read, name, owner);
}

void Hub::waitFor(const std::shared_ptr<FirstRead> &read, const QByteArray &name,
                  const QByteArray &owner)
{
    if (std::ranges::find(read->owners, owner) != read->owners.end())
        return;
    read->owners.push_back(owner);
    if (!read->task)
        return;
    m_reads.run(owner, read->rows, [this, read, name](const limits::FairQueue::Ticket &turn) {
        const auto task = std::exchange(read->task, nullptr);
        if (!task)
            return;
        const auto found = m_topics.find(name);
        if (found != m_topics.end() && found->second.firstRead == read)
            found->second.firstRead.reset();
        task(turn);
    });
}

quint64 Hub::read(const UserTopic &topic)
{
    const quint64 ticket = ++m_lastTicket;
    if (topic.isIsolated() && topic.isReady()) {
        readTogether(topic.user(), topic.key(), ticket);
        return ticket;
    }
    const auto read = [this, user = topic.user(), key = topic.key(),
                       ticket](const limits::FairQueue::Ticket &turn) {
        m_sources.user(user, [this, ticket, turn, key](const Result<bus::UserEvent> &seen) {
            taken(key, ticket, seen);
        });
    };
    enqueue(topic.key(), 1, read);
    return ticket;
}

/// An event has all topics of its user read it, one for each set of workspaces.
void Hub::readTogether(const UserId &user, const QByteArray &key, quint64 ticket)
{
    auto &waiting = m_together[user];
    waiting.emplace_back(key, ticket);
    if (waiting.size() > 1)
        return;
    const auto read = [this, user](const limits::FairQueue::Ticket &turn) {
        m_sources.user(
            user,
            [this, turn, waiting = m_together.take(user)](const Result<bus::UserEvent> &seen) {
                for (const auto &[topic, number] : waiting)
                    taken(topic, number, seen);
            });
    };
    QMetaObject::invokeMethod(
        &m_pass, [this, read] { m_reads.run({}, 1, read); }, Qt::QueuedConnection);
}

void Hub::taken(const QByteArray &key, quint64 ticket, const Result<bus::UserEvent> &seen)
{
    const auto found = m_topics.find(key);
    if (found == m_topics.end()
        || static_cast<UserTopic &>(*found->second.topic).taken(ticket, seen, m_times.collecting))
        return;
    m_unread.insert(key);
    if (!m_retry.isActive())
        m_retry.start();
}

void Hub::flushLater(UserTopic &topic)
{
    m_unflushed.insert(topic.key());
    if (!m_flush.isActive())
        m_flush.start();
}

void Hub::flushUsers()
{
    for (const QByteArray &key : std::exchange(m_unflushed, {})) {
        const auto found = m_topics.find(key);
        if (found != m_topics.end())
            static_cast<UserTopic &>(*found->second.topic).flush();
    }
}

void Hub::readAgain()
{
    for (const QByteArray &key : std::exchange(m_unread, {})) {
        const auto found = m_topics.find(key);
        if (found != m_topics.end())
            static_cast<UserTopic &>(*found->second.topic).read();
    }
}

Topic &Hub::joinUserControl(const UserId &user, Receiver &receiver)
{
    // As that of the clients who are on the line, so that it is kept once.
    const QByteArray name = "presence:" % user.bytes();
    return join(name, receiver, [&](Entry &entry) {
        entry.firstRead.reset(); // there is nothing to be read
        return std::make_unique<UserControlTopic>(m_bus, name, m_keys.controlEvents(user));
    });
}

RosterSource Hub::paced(const QByteArray &name, std::function<void(Callback<Roster>)> source)
{
    return [this, name, source = std::move(source)](Callback<Roster> done) {
        enqueue(name, kRosterRows,
                [source, done = std::move(done)](limits::FairQueue::Ticket turn) {
                    source([done, turn = std::move(turn)](Result<Roster> roster) {
                        done(std::move(roster));
                    });
                });
    };
}

Topic &Hub::joinWorkspace(const WorkspaceId &workspace, Receiver &receiver)
{
    const QByteArray name = "workspace:" % workspace.bytes();
    return join(name, receiver, [&](Entry &) {
        return std::make_unique<WorkspaceTopic>(m_bus, workspace, m_keys.workspaceEvents(workspace),
                                                paced(name,
                                                      [this, workspace](Callback<Roster> done) {
                                                          m_sources.workspace(workspace,
                                                                              std::move(done));
                                                      }),
                                                m_times);
    });
}

Topic &Hub::joinChannel(const ChannelId &channel, Receiver &receiver)
{
    const QByteArray name = "channel:" % channel.bytes();
    return join(name, receiver, [&](Entry &) {
        return std::make_unique<ChannelTopic>(m_bus, channel, m_keys.channelEvents(channel),
                                              paced(name,
                                                    [this, channel](Callback<Roster> done) {
                                                        m_sources.channel(channel, std::move(done));
                                                    }),
                                              m_times);
    });
}

Topic &Hub::joinOther(const QByteArray &name, Receiver &receiver, const Make &make)
{
    return join(name, receiver, [&](Entry &) { return make(m_bus); });
}

void Hub::leave(const Topic &topic, Receiver &receiver)
{
    const auto found = m_topics.find(topic.key());
    Q_ASSERT(found != m_topics.end());
    Entry &entry = found->second;
    entry.topic->leave(receiver);
    if (entry.topic->size() > 0)
        return;
    if (!entry.topic->lingers() || m_times.linger.count() == 0) {
        m_topics.erase(found);
        return;
    }
    entry.until = Clock::now() + m_times.linger;
    m_left.push_back({found->first, entry.until});
    if (m_left.size() > kMaxLingering || !m_forget.isActive())
        forgetLeft();
}

void Hub::forgetLeft()
{
    const auto now = Clock::now();
    for (int i = 0; i < kForgottenAtOnce && !m_left.empty()
         && (m_left.front().until <= now || m_left.size() > kMaxLingering);
         ++i) {
        const auto found = m_topics.find(m_left.front().key);
        const auto until = m_left.front().until;
        m_left.pop_front();
        // It may have been joined since, and left again: then it is in the list once more.
        if (found != m_topics.end() && found->second.topic->size() == 0
            && found->second.until == until)
            m_topics.erase(found);
    }
    if (m_left.empty())
        return;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_left.front().until - now);
    m_forget.start(std::max(left, 1ms));
}

} // namespace presence::hub
