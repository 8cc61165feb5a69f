// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "packaging/demo/population.h"

#include <QJsonObject>

#include <algorithm>
#include <array>

namespace presence::demo {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kArrival = 40ms; ///< between some who come and the next ones
static constexpr size_t kArriveAtOnce = 6;
/// Between things that anybody does. Each costs a core some 100 µs, all programs together.
static constexpr auto kAct = 250ms;
static constexpr auto kMove = 1500ms;
static constexpr auto kFlap = 7s; ///< longer than OFFLINE_GRACE: others see them go

Population::Population(const Options &options, QObject *parent)
    : QObject(parent), m_random(options.seed)
{
    for (Character &character : makeCharacters(options.users, m_random)) {
        User user{.character = std::move(character), .devices = {}};
        for (const QByteArray &id : user.character.devices)
            user.devices.push_back(makeDevice(user.character, id, options.secret));
        m_users.push_back(std::move(user));
    }
    connect(&m_arriving, &QTimer::timeout, this, &Population::arrive);
    connect(&m_acting, &QTimer::timeout, this, &Population::act);
    connect(&m_moving, &QTimer::timeout, this, &Population::move);
    connect(&m_flapping, &QTimer::timeout, this, &Population::flap);
}

Device *Population::makeDevice(const Character &character, const QByteArray &id,
                               const QByteArray &secret)
{
    constexpr quint32 kWatchEach = 10;
    auto *device = new Device({.user = character.id,
                               .device = id,
                               .workspace = character.workspace,
                               .channel = pickChannel(character.workspace, m_random),
                               .isWatching = m_random.bounded(kWatchEach) == 0},
                              secret, this);
    connect(device, &Device::ended, this,
            [this, device](Device::Ending ending) { onEnded(*device, ending); });
    return device;
}

void Population::begin()
{
    m_arriving.start(kArrival);
    m_acting.start(kAct);
    m_moving.start(kMove);
    m_flapping.start(kFlap);
}

void Population::end()
{
    for (QTimer *timer : {&m_arriving, &m_acting, &m_moving, &m_flapping})
        timer->stop();
    m_ports = {};
    for (const User &user : m_users)
        std::ranges::for_each(user.devices, &Device::drop);
}

void Population::arrive()
{
    const size_t until = std::min(m_arrived + kArriveAtOnce, m_users.size());
    for (; m_arrived < until; ++m_arrived) {
        for (Device *device : m_users[m_arrived].devices)
            connectNow(*device);
    }
    if (m_arrived == m_users.size())
        m_arriving.stop();
}

Population::Milliseconds Population::between(Milliseconds least, Milliseconds most)
{
    return least + Milliseconds(m_random.bounded(static_cast<quint32>((most - least).count())));
}

/// As a balancer has it; 0 where no node listens.
quint16 Population::leastLoaded() const
{
    const auto load = [this](quint16 port) {
        size_t count = 0;
        for (const User &user : m_users)
            count += std::ranges::count(user.devices, port, &Device::port);
        return count;
    };
    quint16 best = 0;
    size_t least = 0;
    for (const quint16 port : m_ports) {
        const size_t count = port ? load(port) : 0;
        if (port && (!best || count < least)) {
            best = port;
            least = count;
        }
    }
    return best;
}

void Population::connectNow(Device &device)
{
    if (!device.isAway())
        return;
    if (const quint16 port = leastLoaded())
        device.open(port);
    else
        connectAfter(device, 1s);
}

void Population::connectAfter(Device &device, Milliseconds pause)
{
    QTimer::singleShot(pause, &device, [this, &device] { connectNow(device); });
}

/// Most come back within OFFLINE_GRACE, and some have to find another network first: they are
/// ghosts until then. Who was signed off signs in again.
void Population::onEnded(Device &device, Device::Ending ending)
{
    constexpr quint32 kPercentAway = 12;
    if (ending == Device::Ending::SignedOff)
        return connectAfter(device, between(20s, 40s));
    const bool isAway = m_random.bounded(100U) < kPercentAway;
    connectAfter(device, isAway ? between(45s, 80s) : between(500ms, 4s));
}

void Population::leave(User &user, Milliseconds away)
{
    for (Device *device : user.devices) {
        device->close();
        connectAfter(*device, away);
    }
}

/// A page that is loaded anew, or a phone in a tunnel: nobody sees it go.
void Population::reconnect(User &user)
{
    Device &device = *pick(user.devices, m_random);
    if (device.isAway())
        return;
    device.drop();
    connectAfter(device, between(300ms, 3s));
}

void Population::move()
{
    User &user = anybody();
    if (user.character.flaps)
        return;
    if (m_random.bounded(2U) == 0)
        reconnect(user);
    else
        leave(user, between(15s, 80s));
}

void Population::flap()
{
    for (User &user : m_users) {
        if (!user.character.flaps || !user.devices.front()->isJoined())
            continue;
        leave(user, between(kFlap, kFlap + 1s));
    }
}

void Population::act()
{
    User &user = anybody();
    const auto device = std::ranges::find_if(user.devices, &Device::isJoined);
    const quint32 chance = m_random.bounded(100U);
    if (device == user.devices.end())
        return;
    if (chance < 30)
        speak(user, **device);
    else if (chance < 36)
        (*device)->push(
            "set_status",
            {{"status"_L1, "online"_L1}, {"custom_message"_L1, ""_L1}, {"emoji"_L1, ""_L1}});
    else if (chance < 70)
        type(**device);
    else if (chance < 85)
        (*device)->look(pickChannel(user.character.workspace, m_random));
    else
        rest(user);
}

void Population::speak(User &user, Device &device)
{
    static constexpr std::array kStatuses{"busy", "busy", "online", "away", "invisible"};
    const Saying saying = pickSaying(m_random);
    // Few hide: an operator is to see that it happens, and others that nothing does.
    const size_t choices
        = user.character.workspace == kWorkspaces.back() ? kStatuses.size() : kStatuses.size() - 1;
    const char *status = kStatuses[m_random.bounded(static_cast<quint32>(choices))];
    QJsonObject change{{"status"_L1, QLatin1StringView(status)},
                       {"custom_message"_L1, saying.message},
                       {"emoji"_L1, saying.emoji}};
    if (m_random.bounded(3U) == 0)
        change["clear_after"_L1] = static_cast<qint64>(between(30s, 300s) / 1s);
    device.push("set_status", change);
}

/// Who does not say that it has stopped is taken to have after TYPING_TTL.
void Population::type(Device &device)
{
    const QJsonObject where{{"channel_id"_L1, QString::fromLatin1(device.channel())}};
    device.push("typing_start", where);
    for (const auto pause : {3s, 6s})
        QTimer::singleShot(pause, &device,
                           [&device, where] { device.push("typing_start", where); });
    QTimer::singleShot(8s, &device, [&device, where] { device.push("typing_stop", where); });
}

/// Idle or active again, on all devices: then the user is seen as away.
void Population::rest(User &user)
{
    user.isIdle = !user.isIdle;
    for (Device *device : user.devices)
        device->push("device_state", {{"state"_L1, user.isIdle ? "idle"_L1 : "active"_L1}});
}

} // namespace presence::demo
