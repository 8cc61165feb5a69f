// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/loop.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QTimer>

namespace presence::test {

bool until(const std::function<bool()> &isSo, int patience)
{
    const QDeadlineTimer deadline(patience);
    QTimer wakeUp;
    wakeUp.start(patience);
    while (!isSo()) {
        if (deadline.hasExpired())
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    return true;
}

} // namespace presence::test
