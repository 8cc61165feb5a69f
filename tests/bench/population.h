// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/clientsocket.h"
#include "tests/bench/options.h"
#include "tests/bench/servermessage.h"
#include "tests/bench/window.h"

#include <QMap>

#include <memory>
#include <vector>

namespace presence::bench {

/// The devices of load-0, load-1, …, a user each, and what they say to the daemon. What blocks
/// runs the event loop meanwhile. Lives on one thread.
class Population final : public ClientSocket::Observer
{
public:
    /// A device has got the status_update with that number, `size` bytes of text.
    using Delivered = std::function<void(int message, qsizetype size)>;

    explicit Population(const Options &options);

    /// Connects them all and has each join presence:load-<i>. Blocks until every one has its
    /// reply and its presence_state, or failed.
    void join();

    /// Has the first `count` join the topics of all publishers. Blocks as join() does.
    void subscribe(int count);

    /// Sends a status change with that number, by one publisher after the other.
    void publish(int message);

    /// Called from now on for every status_update that comes; nothing to drop them.
    void setDelivered(Delivered delivered) { m_delivered = std::move(delivered); }

    int joined() const { return m_joined; }
    /// How often what went wrong, by what it was. Nothing when all is well.
    const QMap<QByteArray, int> &errors() const { return m_errors; }

private:
    struct Device
    {
        std::unique_ptr<ClientSocket> socket;
        quint32 missing = 0; ///< bits of the answers that the present step waits for
    };

    void opened(ClientSocket &socket) override;
    void textMessage(ClientSocket &socket, QByteArrayView text) override;
    void closed(ClientSocket &socket, const QByteArray &why) override;

    void runStep(int count, const std::function<void(int)> &begin);
    void replied(int device, const ServerMessage &message);
    void answered(int device, quint32 bit);
    void stepEnded(int device);
    QByteArray upgradeRequest(int device) const;

    const Options &m_options;
    std::vector<Device> m_devices;
    Window *m_step = nullptr;
    int m_joined = 0;
    int m_subscribed = 0;
    bool m_isJoining = false;
    Delivered m_delivered;
    QMap<QByteArray, int> m_errors;
};

} // namespace presence::bench
