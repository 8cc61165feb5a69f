// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

#include <chrono>
#include <ctime>

namespace presence::bench {

/// A process of the same user whose cost is watched. With process id 0 everything is 0.
class ObservedProcess
{
public:
    explicit ObservedProcess(qint64 pid);

    bool isThere() const { return m_pid != 0; }

    /// User and system time of all its threads since it began.
    std::chrono::nanoseconds processorTime() const;

    /// Bytes of memory, without what the kernel holds for its sockets.
    qint64 residentBytes() const;

private:
    qint64 m_pid;
    clockid_t m_clock = 0;
};

} // namespace presence::bench
