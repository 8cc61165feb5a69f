// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace presence {

/// What all threads read all the time, and an operator replaces now and then. Those that were
/// replaced stay, for whoever still reads them: they are small and few.
template <typename T>
class Replaceable
{
public:
    explicit Replaceable(T value) { replace(std::move(value)); }
    Replaceable(const Replaceable &) = delete;
    Replaceable &operator=(const Replaceable &) = delete;

    /// Valid as long as this is.
    const T &current() const { return *m_current.load(std::memory_order_acquire); }

    void replace(T value)
    {
        const std::scoped_lock lock(m_mutex);
        m_all.push_back(std::make_unique<const T>(std::move(value)));
        m_current.store(m_all.back().get(), std::memory_order_release);
    }

private:
    std::mutex m_mutex; ///< of m_all
    std::vector<std::unique_ptr<const T>> m_all;
    std::atomic<const T *> m_current = nullptr;
};

} // namespace presence
