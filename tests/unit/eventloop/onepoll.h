// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/support/epolltest.h"

#include <QCoreApplication>
#include <QtTest>

namespace presence::eventloop {

/// The dispatcher of the calling thread.
inline EpollDispatcher &dispatcher()
{
    auto *found = qobject_cast<EpollDispatcher *>(QAbstractEventDispatcher::instance());
    Q_ASSERT(found);
    return *found;
}

/// One pass that does not wait.
inline bool pass(QEventLoop::ProcessEventsFlags flags = QEventLoop::AllEvents)
{
    return dispatcher().processEvents(flags);
}

} // namespace presence::eventloop
