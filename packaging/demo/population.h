// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "packaging/demo/device.h"
#include "packaging/demo/people.h"

#include <QRandomGenerator>
#include <QTimer>

#include <array>
#include <chrono>
#include <vector>

namespace presence::demo {

inline constexpr size_t kNodes = 2;

/// Users who do what people do: they come, look at channels, type, say what they are doing, are
/// idle, lose their network, go and come again. Nothing is done before begin().
class Population final : public QObject
{
    Q_OBJECT
public:
    struct Options
    {
        int users = 300;
        quint32 seed = 1; ///< the same users, who do the same things
        QByteArray secret; ///< of their tokens
    };

    explicit Population(const Options &options, QObject *parent = nullptr);

    /// Where a node listens; 0 while it does not.
    void setNode(size_t node, quint16 port) { m_ports[node] = port; }
    void begin();
    void end(); ///< all are gone at once

private:
    using Milliseconds = std::chrono::milliseconds;
    struct User
    {
        Character character;
        std::vector<Device *> devices; ///< children of the population
        bool isIdle = false;
    };

    Device *makeDevice(const Character &character, const QByteArray &id, const QByteArray &secret);
    void arrive();
    void act();
    void move();
    void flap();

    void connectNow(Device &device);
    void connectAfter(Device &device, Milliseconds pause);
    void onEnded(Device &device, Device::Ending ending);
    void leave(User &user, Milliseconds away);
    void reconnect(User &user);

    void speak(User &user, Device &device);
    void type(Device &device);
    void rest(User &user);

    Milliseconds between(Milliseconds least, Milliseconds most);
    User &anybody() { return m_users[m_random.bounded(static_cast<quint32>(m_users.size()))]; }
    quint16 leastLoaded() const;

    QRandomGenerator m_random;
    std::array<quint16, kNodes> m_ports{};
    std::vector<User> m_users;
    size_t m_arrived = 0;
    QTimer m_arriving;
    QTimer m_acting;
    QTimer m_moving;
    QTimer m_flapping;
};

} // namespace presence::demo
