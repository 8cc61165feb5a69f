// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/datalossdetector.h"

#include "server/redis/keyspace.h"
#include "shared/core/logging.h"

#include <QUuid>

namespace presence::rules {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::KeySpace;

/// Somebody may empty it while we are connected; an eviction takes what is used least.
static constexpr auto kLossInterval = 5s;
static constexpr auto kRetry = 500ms;

DataLossDetector::DataLossDetector(redis::Client &redis, std::chrono::milliseconds collecting)
    : m_redis(redis), m_time(collecting)
{
    connect(&redis, &redis::Client::ready, this, &DataLossDetector::check);
    connect(&redis, &redis::Client::lost, this, [this] {
        noteAway();
        if (!m_isAway)
            m_isChecked = m_epoch.isEmpty();
        release();
        // Of a cluster another master was lost, and the epoch's says at once what it is.
        if (!m_isAway && m_redis.slotMap())
            check();
    });
    m_collected.setSingleShot(true);
    connect(&m_collected, &QTimer::timeout, this, &DataLossDetector::collected);
    connect(&m_timer, &QTimer::timeout, this, &DataLossDetector::check);
    m_timer.start(kLossInterval);
}

Failure DataLossDetector::incomplete()
{
    return fail(ErrorCode::Unavailable, u"Redis has lost its data and is being told again"_s);
}

// By reading first: that works while it is full, and on a replica.
void DataLossDetector::check()
{
    m_redis.command(KeySpace::kEpoch, {"GET", KeySpace::kEpoch},
                    [this](const Result<redis::Reply> &reply) {
                        if (!reply || reply->isError())
                            failed();
                        else if (reply->isNil())
                            setEpoch();
                        else
                            take(reply->bytes());
                    });
}

void DataLossDetector::setEpoch()
{
    const QByteArray own = QUuid::createUuid().toByteArray(QUuid::WithoutBraces);
    m_redis.command(KeySpace::kEpoch, {"SET", KeySpace::kEpoch, own, "NX", "GET"},
                    [this, own](const Result<redis::Reply> &reply) {
                        if (!reply || reply->isError())
                            failed();
                        else
                            take(reply->isNil() ? own : reply->bytes());
                    });
}

void DataLossDetector::take(const QByteArray &epoch)
{
    const QByteArray before = std::exchange(m_epoch, epoch);
    m_isChecked = true;
    m_timer.start(kLossInterval);
    if (!before.isEmpty() && before != epoch) {
        m_collecting.setRemainingTime(m_time);
        m_lostAt = std::chrono::system_clock::now();
        m_collected.start(m_time);
        qCWarning(lcPresence) << "Redis has lost its data. It is told again who is there; until"
                              << "then presence cannot be read";
    }
    release();
}

/// What the other masters of a cluster hold is as true as before.
void DataLossDetector::noteAway()
{
    m_isAway = m_isAway || (m_redis.slotMap() && !m_redis.isReadyFor(KeySpace::kEpoch));
}

bool DataLossDetector::isChecked()
{
    if (m_isAway && m_redis.isReadyFor(KeySpace::kEpoch)) {
        m_isAway = false;
        m_isChecked = m_epoch.isEmpty();
        check();
    }
    return m_isChecked;
}

void DataLossDetector::failed()
{
    noteAway();
    m_timer.start(kRetry);
    release();
}

void DataLossDetector::release()
{
    for (const auto &answer : std::exchange(m_held, {}))
        answer();
}

} // namespace presence::rules
