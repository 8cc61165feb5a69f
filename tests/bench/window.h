// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QEventLoop>
#include <QTimer>

#include <functional>

namespace presence::bench {

/// Things to do, so many at a time. Lives on one thread.
class Window
{
public:
    /// `begin` starts the thing with that number, 0 to `count` - 1; whoever sees one end calls
    /// done(), within `begin` if it must.
    Window(int count, int width, std::function<void(int)> begin);

    /// Runs the event loop until all are done. False when 30 s went by without one being done.
    bool run();

    void done();

private:
    void fill();

    int m_count;
    int m_width;
    std::function<void(int)> m_begin;
    int m_begun = 0;
    int m_done = 0;
    bool m_isFilling = false;
    QEventLoop m_loop;
    QTimer m_patience;
};

} // namespace presence::bench
