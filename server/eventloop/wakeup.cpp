// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/wakeup.h"

#include <QThread>

#include <sys/eventfd.h>
#include <unistd.h>

namespace presence::eventloop {

WakeUp::WakeUp() : m_descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (m_descriptor == -1)
        qFatal("An event loop needs an eventfd: %s", qPrintable(qt_error_string()));
}

WakeUp::~WakeUp()
{
    ::close(m_descriptor);
}

void WakeUp::adoptThread()
{
    m_thread.store(QThread::currentThreadId(), std::memory_order_relaxed);
}

void WakeUp::wake()
{
    if (m_woken.exchange(true, std::memory_order_acq_rel))
        return;
    if (m_thread.load(std::memory_order_relaxed) == QThread::currentThreadId())
        return;
    m_writes.fetch_add(1, std::memory_order_relaxed);
    // Cannot fail: the counter would have to reach 2^64, and a drain is due long before.
    eventfd_write(m_descriptor, 1);
}

void WakeUp::drain()
{
    eventfd_t count = 0;
    eventfd_read(m_descriptor, &count);
}

} // namespace presence::eventloop
