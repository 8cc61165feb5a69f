// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/rostertopic.h"

#include "shared/core/logging.h"

#include <QTimer>
#include <QTimerEvent>

namespace presence::hub {

using namespace std::chrono_literals;

/// Between two attempts to read a roster while Redis is away.
static constexpr auto kRosterReadRetry = 500ms;
/// Of what comes while a roster cannot be read. Older events are let go: either the roster has them
/// when it comes, or a gap is found and it is read once more.
static constexpr qsizetype kMostHeld = 1000;

RosterTopic::RosterTopic(bus::EventBus &bus, QByteArray name, QByteArray channel,
                         RosterSource source, RosterTimes times)
    : Topic(bus, std::move(name), std::move(channel)), m_source(std::move(source)), m_times(times)
{
}

void RosterTopic::timerEvent(QTimerEvent *event)
{
    if (event->timerId() == m_window.timerId())
        flush();
    else if (event->timerId() == m_retry.timerId())
        read();
    else
        QObject::timerEvent(event);
}

void RosterTopic::beginWindow()
{
    if (!m_window.isActive())
        m_window.start(static_cast<int>(m_times.window.count()), this);
}

void RosterTopic::sendSnapshot(Receiver &receiver)
{
    if (!m_snapshot) {
        m_snapshot = std::make_unique<Broadcast>(name(), protocol::event::kPresenceState,
                                                 toState(m_state.shown()));
        // Many join at once, and for long nobody does: its end is that of a window.
        beginWindow();
    }
    receiver.subscribed(*this, "{" + sequenceTold().sliced(1) + "}");
    receiver.deliver(*m_snapshot);
    sendState(receiver);
}

static QByteArray field(QByteArrayView name, quint64 number)
{
    return ",\"" + name.toByteArray() + "\":" + QByteArray::number(number);
}

QByteArray RosterTopic::sequenceTold() const
{
    return field("sequence", m_told);
}

QByteArray RosterTopic::nextSequence()
{
    const quint64 previous = std::exchange(m_told, m_sequence);
    return field("previous", previous) + field("sequence", m_told);
}

void RosterTopic::subscribed()
{
    // Read again it is all there; what a failover has taken back must not be told.
    m_held.clear();
    // What is being read may be older than the subscription.
    if (m_sync == Sync::Reading || m_sync == Sync::Outdated)
        m_sync = Sync::Outdated;
    else
        read();
}

void RosterTopic::read()
{
    m_sync = Sync::Reading;
    m_retry.stop();
    m_source([self = QPointer(this)](const Result<Roster> &roster) {
        if (!self)
            return;
        if (self->m_sync == Sync::Outdated)
            self->read();
        else if (roster)
            self->take(*roster);
        else
            self->retryLater();
    });
}

void RosterTopic::retryLater()
{
    m_sync = Sync::Waiting;
    m_retry.start(static_cast<int>(kRosterReadRetry.count()), this);
}

void RosterTopic::take(const Roster &roster)
{
    noteLoss(roster);
    m_unknown.clear();
    if (!m_collecting.hasExpired()) {
        for (const auto &[user, meta] : m_state.shown()) {
            if (!roster.metas.contains(user))
                m_unknown.insert(user);
        }
    }
    const auto absent
        = m_collecting.hasExpired() ? RosterState::Absent::Left : RosterState::Absent::Unknown;
    m_sequence = roster.sequence;
    m_sync = Sync::Current;
    if (isReady()) {
        m_state.replace(roster.metas, absent);
        flush();
    } else { // nobody has been told anything
        m_state.begin(roster.metas);
        m_told = m_sequence;
    }
    replaced(roster);
    // What came meanwhile; the events that the roster holds already are dropped by their number.
    const QByteArrayList held = std::exchange(m_held, {});
    for (const QByteArray &payload : held)
        received(payload);
    setReady();
}

/// It has another beginning, or none.
void RosterTopic::noteLoss(const Roster &roster)
{
    const bool isLost = isReady() && roster.since != m_since && !m_state.shown().empty();
    m_since = roster.since;
    if (!isLost || !m_collecting.hasExpired())
        return;
    m_collecting.setRemainingTime(m_times.collecting);
    QTimer::singleShot(m_times.collecting + kRosterReadRetry, this, [this] {
        if (m_sync == Sync::Current)
            read();
    });
}

bool RosterTopic::isNext(quint64 sequence, const QByteArray &payload)
{
    const bool isCurrent = m_sync == Sync::Current;
    if (isCurrent && sequence == m_sequence + 1) {
        m_sequence = sequence;
        return true;
    }
    if (isCurrent && sequence <= m_sequence)
        return false;
    if (m_held.size() == kMostHeld)
        m_held.removeFirst();
    m_held.append(payload);
    if (isCurrent)
        read();
    return false;
}

void RosterTopic::setAbsent(const UserId &user)
{
    if (m_sync == Sync::Current && m_unknown.remove(user))
        set(user, {});
}

void RosterTopic::set(const UserId &user, const QByteArray &meta)
{
    m_unknown.remove(user);
    m_state.set(user, meta);
    beginWindow();
}

void RosterTopic::flush()
{
    m_window.stop();
    m_snapshot.reset();
    const auto changes = m_state.takeChanges();
    if (changes.isEmpty())
        return;
    broadcast(protocol::event::kPresenceDiff, toDiff(changes, nextSequence()));
    announce(changes);
}

} // namespace presence::hub
