// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

namespace presence::dashboard {

/// Redis' clock, as far as this computer knows it: ages are by it, whatever is set here.
class Clock
{
public:
    /// It was `time` just now.
    void set(Milliseconds time) { m_offset = time - here(); }
    Milliseconds now() const { return here() + m_offset; }

private:
    static Milliseconds here()
    {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }

    std::chrono::milliseconds m_offset{0};
};

} // namespace presence::dashboard
