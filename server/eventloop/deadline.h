// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

#include <functional>

namespace presence::eventloop {

class DeadlineRing;

/// A place in a circular list; one that is in none points at itself.
struct DeadlineLink
{
    DeadlineLink *previous = this;
    DeadlineLink *next = this;

    DeadlineLink() = default;
    Q_DISABLE_COPY_MOVE(DeadlineLink)

    bool isAlone() const { return next == this; }
    void linkBefore(DeadlineLink &other);
    void unlink();
};

/// A moment by which something has to have happened, armed on a DeadlineWheel.
///
/// Owned by whoever waits; destroying it cancels it. Used on the wheel's thread only.
/// 64 bytes, and no allocation while the callback captures two pointers or less.
class Deadline : private DeadlineLink
{
public:
    /// `expired` is called once for each time the deadline was armed and has passed. It may
    /// destroy, cancel or arm any deadline, this one too, but not destroy the wheel.
    explicit Deadline(std::function<void()> expired) : m_expired(std::move(expired)) { }
    ~Deadline() { cancel(); }

    void cancel();
    bool isArmed() const { return m_ring != nullptr; }

private:
    friend class DeadlineRing;

    DeadlineRing *m_ring = nullptr; ///< null when not armed
    qint64 m_tick = 0; ///< the first tick at which it has passed
    std::function<void()> m_expired;
};

} // namespace presence::eventloop
