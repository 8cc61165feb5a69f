// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/window.h"

namespace presence::bench {

using namespace std::chrono_literals;

static constexpr auto kPatience = 30s;

Window::Window(int count, int width, std::function<void(int)> begin)
    : m_count(count), m_width(width), m_begin(std::move(begin))
{
    m_patience.setSingleShot(true);
    QObject::connect(&m_patience, &QTimer::timeout, &m_loop, &QEventLoop::quit);
}

bool Window::run()
{
    m_patience.start(kPatience);
    fill();
    if (m_done < m_count)
        m_loop.exec();
    return m_done == m_count;
}

void Window::done()
{
    ++m_done;
    m_patience.start(kPatience);
    fill();
    if (m_done == m_count)
        m_loop.quit();
}

/// A thing that is done at once must not nest the next one: there may be thousands.
void Window::fill()
{
    if (m_isFilling)
        return;
    m_isFilling = true;
    while (m_begun < m_count && m_begun - m_done < m_width)
        m_begin(m_begun++);
    m_isFilling = false;
}

} // namespace presence::bench
