// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/bench.h"
#include "tests/bench/clientsocket.h"
#include "tests/bench/conversation.h"
#include "tests/bench/latencies.h"
#include "tests/bench/window.h"

#include <memory>
#include <vector>

namespace presence::bench {

/// The devices of load-0, load-1, …, a user each, and what they say to a daemon. Checks every
/// message that comes. What blocks runs the event loop meanwhile. Lives on one thread.
class Population final : public ClientSocket::Observer
{
public:
    struct Plan
    {
        sockaddr_in daemon{};
        int connections = 0;
        int firstUser = 0;
        bool hasThreeTopics = false; ///< workspace: and channel: besides presence:
        int width = 64; ///< joins under way at a time
        static constexpr int kWorkspace = 10; ///< members
        static constexpr int kChannel = 100; ///< members
    };
    /// A reply to request() has come.
    using Replied = std::function<void()>;
    /// A status_update with that change has come, whose whole text is `text`.
    using Updated = std::function<void(int change, QByteArrayView text)>;

    Population(Bench &bench, const Plan &plan);

    /// Connects them all and has each join its topics. Blocks until each has every reply and
    /// presence_state, or failed.
    void join();

    /// Has device `device` join user:load-<user> for each of `users`. In all it blocks, as join().
    void subscribe(int devices, const std::function<QList<int>(int device)> &users);

    /// Sends a request of that device to `topic`.
    void request(int device, const QByteArray &topic, const QByteArray &event,
                 const QByteArray &payload);
    /// A change of status of that device's user; `change` grows.
    void setStatus(int device, int change);

    /// Called from now on; nothing to drop them.
    void setReplied(Replied replied) { m_replied = std::move(replied); }
    void setUpdated(Updated updated) { m_updated = std::move(updated); }

    /// Blocks until nobody waits for a reply, every user was told of its last change, and all who
    /// have joined a topic hold the same of it: nothing was lost at the end either.
    void settle();

    int size() const { return static_cast<int>(m_devices.size()); }
    int joined() const { return m_joined; }
    Latencies &joinLatencies() { return m_joinLatencies; }
    QByteArray userName(int device) const;

    /// A token of `user`, with `scope` if it has one.
    static QByteArray token(const QByteArray &secret, const QByteArray &user,
                            const QByteArray &scope = {});

private:
    struct Device
    {
        std::unique_ptr<ClientSocket> socket;
        Conversation conversation;
        quint32 nextRef = 100'000; ///< so that all have one length
        int missing = 0; ///< answers that the present step waits for
        int lastChange = -1;
        Latencies::Clock::time_point openedAt;
    };

    void opened(ClientSocket &socket) override;
    void textMessage(ClientSocket &socket, QByteArrayView text) override;
    void closed(ClientSocket &socket, const QByteArray &why) override;

    Device &device(int number) { return m_devices[static_cast<size_t>(number)]; }
    void joinTopic(Device &device, const QByteArray &topic, const QByteArray &payload);
    bool isSettled() const;
    void runStep(int count, const std::function<void(int)> &begin);
    void answered(Device &device);
    void stepEnded(Device &device);

    Bench &m_bench;
    Plan m_plan;
    std::vector<Device> m_devices;
    Window *m_step = nullptr;
    int m_joined = 0;
    Latencies m_joinLatencies;
    bool m_isJoining = false;
    Replied m_replied;
    Updated m_updated;
};

} // namespace presence::bench
