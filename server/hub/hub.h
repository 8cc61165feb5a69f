// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/rostertopic.h"
#include "server/hub/usertopic.h"
#include "server/limits/fairqueue.h"
#include "server/redis/keyspace.h"

#include <QTimer>

#include <deque>
#include <memory>
#include <unordered_map>

namespace presence::hub {

/// Where the Hub reads what topics begin with.
struct Sources
{
    std::function<void(const UserId &, Callback<bus::UserEvent>)> user; ///< as others were told
    std::function<void(const WorkspaceId &, Callback<Roster>)> workspace;
    std::function<void(const ChannelId &, Callback<Roster>)> channel;
};

/// The topics that have receivers on this shard. Belongs to one thread.
///
/// A receiver must leave every topic before it goes, and neither join nor leave from within
/// Receiver::deliver().
class Hub : private UserTopic::Host
{
public:
    Hub(bus::EventBus &bus, const redis::KeySpace &keys, Sources sources, RosterTimes times);
    ~Hub() override;

    UserTopic &joinUser(const UserId &user, Receiver &receiver,
                        const UserTopic::Within &within = {});
    Topic &joinUserControl(const UserId &user, Receiver &receiver);
    Topic &joinWorkspace(const WorkspaceId &workspace, Receiver &receiver);
    Topic &joinChannel(const ChannelId &channel, Receiver &receiver);

    /// A topic of another kind, made when nobody here has joined it yet.
    using Make = std::function<std::unique_ptr<Topic>(bus::EventBus &)>;
    Topic &joinOther(const QByteArray &name, Receiver &receiver, const Make &make);

    void leave(const Topic &topic, Receiver &receiver);

    size_t topicCount() const { return m_topics.size(); } ///< with those that linger

private:
    quint64 read(const UserTopic &topic) override;
    std::chrono::milliseconds window() const override { return m_times.window; }
    void flushLater(UserTopic &topic) override;
    void readAgain();
    void readTogether(const UserId &user, const QByteArray &key, quint64 ticket);
    void taken(const QByteArray &key, quint64 ticket, const Result<bus::UserEvent> &seen);
    void flushUsers();
    void forgetLeft();
    template <typename MakeTopic>
    Topic &join(const QByteArray &name, Receiver &receiver, MakeTopic make);
    RosterSource paced(const QByteArray &name, std::function<void(Callback<Roster>)> source);
    void enqueue(const QByteArray &name, int rows, limits::FairQueue::Task task);

    bus::EventBus &m_bus;
    const redis::KeySpace &m_keys;
    Sources m_sources;
    RosterTimes m_times;
    /// What a topic begins with is read in the turn of any of those who joined it.
    struct FirstRead
    {
        std::vector<QByteArray> owners; ///< each once
        int rows = 0;
        limits::FairQueue::Task task; ///< empty until it is to be read, and once it is under way
    };
    void waitFor(const std::shared_ptr<FirstRead> &read, const QByteArray &name,
                 const QByteArray &owner);

    struct Entry
    {
        std::unique_ptr<Topic> topic;
        std::shared_ptr<FirstRead> firstRead; ///< null once it is under way
        std::chrono::steady_clock::time_point until; ///< that it lingers, once it does
    };
    std::unordered_map<QByteArray, Entry> m_topics; ///< by key
    quint64 m_lastTicket = 0;
    /// Of topics that are read again: for all that are of one user once, at the end of the pass.
    QHash<UserId, std::vector<std::pair<QByteArray, quint64>>> m_together;
    QObject m_pass; ///< what the calls are bound to that read those
    QSet<QByteArray> m_unread; ///< keys of user topics whose user could not be read
    QTimer m_retry;
    QSet<QByteArray> m_unflushed; ///< keys of user topics with something to tell
    QTimer m_flush;
    struct Left
    {
        QByteArray key;
        std::chrono::steady_clock::time_point until;
    };
    std::deque<Left> m_left; ///< that linger, unless somebody has joined since
    QTimer m_forget;
    limits::FairQueue m_reads;
};

} // namespace presence::hub
