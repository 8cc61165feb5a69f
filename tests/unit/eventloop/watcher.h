// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QSocketNotifier>

#include <functional>
#include <memory>

namespace presence::eventloop {

/// Counts its own activations; the callback comes after that.
class Watcher
{
public:
    explicit Watcher(int descriptor, QSocketNotifier::Type type = QSocketNotifier::Read,
                     std::function<void()> callback = {})
        : notifier(std::make_unique<QSocketNotifier>(descriptor, type))
    {
        QObject::connect(notifier.get(), &QSocketNotifier::activated, notifier.get(),
                         [this, callback = std::move(callback)] {
                             ++count;
                             if (callback)
                                 callback();
                         });
    }

    std::unique_ptr<QSocketNotifier> notifier;
    int count = 0;
};

} // namespace presence::eventloop
