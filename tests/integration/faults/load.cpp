// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/faults/load.h"

#include "tests/support/token.h"

#include <QTest>

#include <algorithm>

namespace presence::test {

using namespace Qt::StringLiterals;

static constexpr int kLoadPatience = 60'000; // ms
static constexpr int kTick = 4; // ms

Load::Load(const std::vector<quint16> &ports, const Options &options)
    : m_ports(ports), m_options(options), m_members(static_cast<size_t>(options.size))
{
    m_clock.start();
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kTick);
    // By the time that has passed: a loop that waits misses ticks.
    connect(&m_timer, &QTimer::timeout, this, [this, due = 0.0]() mutable {
        const double seconds = static_cast<double>(m_sinceTick.restart()) / 1000;
        for (due += m_options.changesPerSecond * seconds; due >= 1; --due)
            change();
    });
}

QString Load::userOf(int member) const
{
    return u"m%1"_s.arg(member);
}

QString Load::workspaceOf(int number)
{
    return u"w%1"_s.arg(number);
}

void Load::start()
{
    m_sinceTick.start();
    m_timer.start();
}

bool Load::enter()
{
    constexpr int kAtOnce = 100;
    for (int i = 0; i < m_options.size; ++i) {
        Member &member = m_members[static_cast<size_t>(i)];
        const QString user = userOf(i);
        member.client = std::make_unique<AsyncClient>(
            m_ports[static_cast<size_t>(i) % m_ports.size()], tokenFor(user),
            [this, i](const QString &, const QString &event, const QJsonObject &payload) {
                if (event == "phx_reply"_L1)
                    answered(i, payload["status"_L1] == "ok"_L1);
            });
        member.client->join(u"presence:"_s + user,
                            {{u"device_id"_s, u"web:1"_s},
                             {u"workspace_id"_s, workspaceOf(i % m_options.workspaces)}});
        if (i % kAtOnce != kAtOnce - 1 && i + 1 != m_options.size)
            continue;
        const auto areHere = [&] {
            return std::all_of(m_members.begin(), m_members.begin() + i + 1,
                               [](const Member &m) { return m.isHere; });
        };
        if (!QTest::qWaitFor(areHere, kLoadPatience))
            return false;
    }
    return true;
}

void Load::change()
{
    // Who waits for an answer is passed over; when all do, the change is not made.
    for (int looked = 0; looked < m_options.size; ++looked) {
        const int i = m_next;
        m_next = (m_next + 1) % m_options.size;
        Member &member = m_members[static_cast<size_t>(i)];
        if (member.askedAt >= 0 || member.client->isClosed())
            continue;
        member.askedAt = m_clock.elapsed();
        ++m_changes;
        ++member.tried;
        member.client->push(
            u"presence:"_s + userOf(i), u"set_status"_s,
            {{u"status"_s, u"busy"_s}, {u"custom_message"_s, QString::number(member.tried)}});
        return;
    }
}

void Load::answered(int i, bool isOk)
{
    Member &member = m_members[static_cast<size_t>(i)];
    if (!member.isHere) {
        member.isHere = isOk;
        return;
    }
    m_slowest = std::max(m_slowest, m_clock.elapsed() - member.askedAt);
    member.askedAt = -1;
    m_inARow = isOk ? m_inARow + 1 : 0;
    if (isOk) {
        member.acknowledged = member.tried;
    } else {
        ++m_refused;
        m_lastRefusal = m_clock.elapsed();
    }
}

void Load::expectFault()
{
    m_clock.restart();
    for (Member &member : m_members) {
        if (member.askedAt >= 0)
            member.askedAt = 0;
    }
    m_inARow = 0;
    m_lastRefusal = 0;
    m_slowest = 0;
}

bool Load::isIdle() const
{
    return std::ranges::all_of(
        m_members, [](const Member &m) { return m.askedAt < 0 || m.client->isClosed(); });
}

bool Load::stop()
{
    m_timer.stop();
    return QTest::qWaitFor([this] { return isIdle(); }, kLoadPatience);
}

QHash<QString, int> Load::acknowledged() const
{
    QHash<QString, int> all;
    for (int i = 0; i < m_options.size; ++i)
        all.insert(userOf(i), m_members[static_cast<size_t>(i)].acknowledged);
    return all;
}

QHash<QString, int> Load::tried() const
{
    QHash<QString, int> all;
    for (int i = 0; i < m_options.size; ++i)
        all.insert(userOf(i), m_members[static_cast<size_t>(i)].tried);
    return all;
}

int Load::dropped() const
{
    return static_cast<int>(std::ranges::count_if(
        m_members, [](const Member &member) { return member.client->isClosed(); }));
}

} // namespace presence::test
