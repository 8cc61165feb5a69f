// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/adminservice.h"
#include "server/channels/channel.h"
#include "server/eventloop/deadlinewheel.h"

namespace presence::channels {

/// A topic of an operator: what it tells, and the commands that all of them take.
class AdminChannel : public Channel
{
public:
    AdminChannel(PhoenixSocket &socket, const protocol::Message &join)
        : Channel(socket, join), m_name(join.topic)
    {
    }

    const QByteArray &topic() const final { return m_name; }
    void handle(const protocol::Message &message) override;

protected:
    /// What a topic without pages, or without a filter, answers.
    virtual void answerPage(const protocol::Message &message);
    virtual void answerFilter(const protocol::Message &message);

private:
    using Handler = void (AdminChannel::*)(const protocol::Message &);
    static Handler handlerOf(QByteArrayView event);
    static Handler actionOf(QByteArrayView event); ///< null for none

    void getPage(const protocol::Message &message);
    void filter(const protocol::Message &message);
    void getUser(const protocol::Message &message);
    void getHistory(const protocol::Message &message);
    void setStatus(const protocol::Message &message);
    void clearStatus(const protocol::Message &message);
    void disconnectDevice(const protocol::Message &message);
    void disconnectUser(const protocol::Message &message);
    void forgetGhost(const protocol::Message &message);
    void getGhosts(const protocol::Message &message);
    void getFlapping(const protocol::Message &message);
    void getChannels(const protocol::Message &message);
    void search(const protocol::Message &message);

    /// The user that `message` is about; else it is answered.
    std::optional<admin::AdminRequest> requestOf(const protocol::Message &message);
    std::optional<DeviceId> deviceOf(const protocol::Message &message);

    const QByteArray m_name;
};

/// `admin:overview`, `admin:workspace:{id}` and `admin:channel:{id}`: one of the hub's topics.
class AdminFeed final : public AdminChannel, private hub::Receiver
{
public:
    /// Joins the receiver to a topic of the service.
    using Join = std::function<hub::Topic &(admin::AdminService &, hub::Receiver &)>;

    AdminFeed(PhoenixSocket &socket, const protocol::Message &join, Join joinService);
    ~AdminFeed() override;

    void join(const protocol::Message &message) override;

private:
    void subscribed(const hub::Topic &topic, const QByteArray &state) override;
    void deliver(const hub::Broadcast &broadcast) override;
    void answerPage(const protocol::Message &message) override;

    /// A join that is not answered yet.
    struct Waiting
    {
        protocol::MessageHead message;
        Join joinService;
        eventloop::Deadline deadline;
    };

    std::unique_ptr<Waiting> m_waiting;
    hub::Topic *m_topic = nullptr;
};

/// `admin:events`.
class AdminEvents final : public AdminChannel
{
public:
    AdminEvents(PhoenixSocket &socket, const protocol::Message &join);

    void join(const protocol::Message &message) override;

private:
    void answerFilter(const protocol::Message &message) override;
    void setFilter(const protocol::Message &message);

    bool m_isJoined = false;
    protocol::MessageHead m_unanswered; ///< the join, or the latest filter
    eventloop::Deadline m_deadline; ///< of its answer
    std::unique_ptr<admin::EventStream> m_events;
};

} // namespace presence::channels
