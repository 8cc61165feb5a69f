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
/// That what is stored of the users is kept, should their node die.
static constexpr auto kKept = 1h;

static QByteArray randomId()
{
    return QByteArray::number(QRandomGenerator::system()->generate64(), 16).rightJustified(16, '0');
}

static UserId userNamed(const QByteArray &id, const char *which)
{
    return UserId(QByteArray(1, kReservedPrefix) + "canary-" + id + '-' + which);
}

Canary::Canary(const Services &services, const QByteArray &nodeTag,
               std::chrono::milliseconds interval)
    : m_services(services), m_nodeTag(nodeTag), m_id(randomId()), m_metrics(services.registry),
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
    if (!m_timer.isActive())
        return;
    m_timer.stop();
    for (const auto *device : {&m_device, &m_moving}) {
        if (*device)
            m_services.tracker.disconnect((*device)->session, std::nullopt, 0ms,
                                          [](const auto &) {});
    }
    m_device.reset();
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
    keep(m_stays.user());
    keep(m_moves.user());
}

void Canary::keep(const UserId &user)
{
    const auto keys = m_services.store.keys.user(user);
    const QByteArray seconds = rules::number(std::chrono::seconds(kKept));
    m_services.store.redis.command(keys.hash, {"EXPIRE", keys.hash, seconds}, [](const auto &) {});
}

bool Canary::isLate(Clock::time_point since, Clock::duration more) const
{
    return Clock::now() - since > kDeadline + more;
}

/// One change at a time: what is delivered is told by its message from what was before.
void Canary::speak()
{
    if (!m_device) {
        m_device = std::make_unique<rules::TrackedDevice>(newSession(m_stays.user()));
        m_services.tracker.announce(
            m_device->session, [self = QPointer(this)](const Result<UserTransition> &transition) {
                if (!self || !self->m_device)
                    return;
                if (!transition)
                    return self->m_device.reset(); // the next tick tries again
                self->m_device->session.startedAt = transition->announced.startedAt;
                self->m_device->revision = transition->revision;
                self->m_services.heartbeats.track(*self->m_device);
                self->m_isAnnounced = true;
            });
        return;
    }
    if (!m_isAnnounced)
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
            if (self)
                self->spoken(number, transition);
        });
}

void Canary::spoken(quint64 number, const Result<UserTransition> &transition)
{
    if (transition || number != m_said || m_isHeard)
        return;
    m_isHeard = true;
    m_metrics.refused.Increment();
}

void Canary::hear(const Seen &seen)
{
    if (!m_timer.isActive())
        return;
    if (!seen.isOnline && m_isAnnounced)
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
    switch (m_phase) {
    case Phase::Away:
        return come();
    case Phase::Here:
        return cut();
    case Phase::Coming:
        if (!m_isOverdue && isLate(m_movedAt)) {
            m_isOverdue = true;
            m_metrics.missed.Increment();
        }
        return;
    case Phase::Leaving:
        if (!m_isOverdue && isLate(m_movedAt, m_services.store.config.offlineGrace)) {
            m_isOverdue = true;
            m_metrics.missed.Increment();
        }
        return;
    }
}

void Canary::come()
{
    m_moving = std::make_unique<rules::TrackedDevice>(newSession(m_moves.user()));
    m_phase = Phase::Coming;
    m_movedAt = Clock::now();
    m_isOverdue = false;
    m_services.tracker.announce(
        m_moving->session, [self = QPointer(this)](const Result<UserTransition> &transition) {
            if (!self || !self->m_moving)
                return;
            if (transition) {
                self->m_moving->session.startedAt = transition->announced.startedAt;
                self->m_moving->revision = transition->revision;
                return self->m_services.heartbeats.track(*self->m_moving);
            }
            self->m_metrics.refused.Increment();
            self->m_moving.reset();
            self->m_phase = Phase::Away;
        });
}

/// As a connection that ends without a word. Redis may not hear of it: then heartbeats are missed,
/// as for everybody else.
void Canary::cut()
{
    m_phase = Phase::Leaving;
    m_movedAt = Clock::now();
    m_isOverdue = false;
    m_services.tracker.disconnect(m_moving->session, std::nullopt, 0ms, [](const auto &) {});
    m_moving.reset();
}

void Canary::notice(const Seen &seen)
{
    if (!m_timer.isActive())
        return;
    const std::chrono::duration<double> since = Clock::now() - m_movedAt;
    if (seen.isOnline && m_phase == Phase::Coming) {
        m_phase = Phase::Here;
        m_metrics.delivery.Observe(since.count());
        if (!m_isOverdue)
            m_metrics.delivered.Increment();
    } else if (!seen.isOnline && m_phase == Phase::Leaving) {
        m_phase = Phase::Away;
        const std::chrono::duration<double> grace = m_services.store.config.offlineGrace;
        m_metrics.ghosts.Observe(std::max(0.0, (since - grace).count()));
    } else if (!seen.isOnline && m_phase == Phase::Here) {
        m_metrics.falseOfflines.Increment();
    } else if (seen == m_lastNoticed) {
        m_metrics.doubledEvents.Increment();
    }
    m_lastNoticed = seen;
}

} // namespace presence::canary
