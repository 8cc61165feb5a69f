// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/canary/canary.h"

#include "shared/core/reservedid.h"

#include <QPointer>
#include <QRandomGenerator>

namespace presence::canary {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using rules::UserTransition;

/// After which a change counts as missed.
static constexpr auto kDeadline = 10s;

static QByteArray randomId()
{
    return QByteArray::number(QRandomGenerator::system()->generate64(), 16).rightJustified(16, '0');
}

static UserId userNamed(const QByteArray &id, const char *which)
{
    return UserId(QByteArray(1, kReservedPrefix) + "canary-" + id + '-' + which);
}

Canary::Canary(const ConnectedUser::Services &services, prometheus::Registry &registry,
               const QByteArray &nodeTag, std::chrono::milliseconds interval)
    : m_services(services), m_nodeTag(nodeTag), m_id(randomId()), m_metrics(registry),
      m_stays(services.hub, userNamed(m_id, "stays"), [this](const Seen &seen) { hear(seen); }),
      m_moves(services.hub, userNamed(m_id, "moves"), [this](const Seen &seen) { notice(seen); })
{
    m_timer.setInterval(interval);
    connect(&m_timer, &QTimer::timeout, this, &Canary::tick);
}

Canary::~Canary() = default;

void Canary::start()
{
    m_timer.start();
}

void Canary::stop()
{
    m_timer.stop();
    m_staying.reset();
    m_moving.reset();
}

rules::Session Canary::newSession(const UserId &user) const
{
    return {.user = user,
            .device = DeviceId("canary"_ba),
            .id = SessionId(m_nodeTag + '-' + randomId()),
            .workspace = WorkspaceId(QByteArray(1, kReservedPrefix) + "canary-" + m_id)};
}

void Canary::tick()
{
    speak();
    move();
}

bool Canary::isLate(Clock::time_point since, Clock::duration more) const
{
    return Clock::now() - since > kDeadline + more;
}

/// One change at a time: what is delivered is told by its message from what was before.
void Canary::speak()
{
    if (!m_staying) {
        m_staying = std::make_unique<ConnectedUser>(
            m_services, newSession(m_stays.user()), [this](const Result<void> &joined) {
                if (joined)
                    return;
                m_metrics.refused.Increment();
                m_staying.reset(); // the next tick tries again
            });
        return;
    }
    if (!m_staying->isJoined())
        return;
    if (!m_isHeard) {
        if (!isLate(m_saidAt))
            return;
        m_metrics.missed.Increment();
    }
    m_isHeard = false;
    m_saidAt = Clock::now();
    const quint64 number = ++m_said;
    m_services.tracker.setStatus(
        m_stays.user(),
        {.status = number % 2 == 0 ? Status::Online : Status::Busy,
         .customMessage = QByteArray::number(number)},
        [self = QPointer(this), number](const Result<UserTransition> &transition) {
            if (!self || transition || number != self->m_said || self->m_isHeard)
                return;
            self->m_isHeard = true;
            self->m_metrics.refused.Increment();
        });
}

void Canary::hear(const Seen &seen)
{
    if (!m_timer.isActive())
        return;
    if (!seen.isOnline && m_lastHeard.isOnline && m_staying && m_staying->isJoined())
        m_metrics.falseOfflines.Increment();
    else if (seen == m_lastHeard)
        m_metrics.doubledEvents.Increment();
    m_lastHeard = seen;
    if (m_isHeard || seen.message != QByteArray::number(m_said))
        return;
    m_isHeard = true;
    m_metrics.delivered.Increment();
    m_metrics.delivery.Observe(std::chrono::duration<double>(Clock::now() - m_saidAt).count());
}

void Canary::move()
{
    const bool isAsItShouldBe = m_lastNoticed.isOnline == (m_moving != nullptr);
    const auto more = m_moving ? 0ms : m_services.store.config.offlineGrace;
    if (!isAsItShouldBe && !isLate(m_movedAt, more))
        return;
    if (!isAsItShouldBe && !std::exchange(m_isOverdue, true))
        m_metrics.missed.Increment();
    if (m_moving)
        cut(); // also when it was not seen: it begins anew
    else if (isAsItShouldBe)
        come();
}

void Canary::come()
{
    m_movedAt = Clock::now();
    m_isOverdue = false;
    m_moving = std::make_unique<ConnectedUser>(m_services, newSession(m_moves.user()),
                                               [this](const Result<void> &joined) {
                                                   if (joined)
                                                       return;
                                                   m_metrics.refused.Increment();
                                                   cut();
                                               });
}

/// As a connection that ends without a word. Redis may not hear of it: then heartbeats are missed,
/// as for everybody else.
void Canary::cut()
{
    m_movedAt = Clock::now();
    m_isOverdue = false;
    m_moving.reset();
}

void Canary::notice(const Seen &seen)
{
    if (!m_timer.isActive())
        return;
    const bool wasOnline = m_lastNoticed.isOnline;
    if (seen == m_lastNoticed)
        m_metrics.doubledEvents.Increment();
    m_lastNoticed = seen;
    if (seen.isOnline == wasOnline)
        return;
    const std::chrono::duration<double> since = Clock::now() - m_movedAt;
    if (seen.isOnline && m_moving) {
        m_metrics.delivery.Observe(since.count());
        if (!m_isOverdue)
            m_metrics.delivered.Increment();
    } else if (!seen.isOnline && !m_moving) {
        const std::chrono::duration<double> grace = m_services.store.config.offlineGrace;
        m_metrics.ghosts.Observe(std::max(0.0, (since - grace).count()));
    } else if (!seen.isOnline) {
        m_metrics.falseOfflines.Increment();
    }
}

} // namespace presence::canary
