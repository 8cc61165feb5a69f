// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A library to preload into a program whose wall clock a test sets: redis-server, or a daemon.
// CLOCKSHIFT_FILE names a file of native signed 64-bit integers; it may change while the program
// runs, and what it is too short for is 0. First the offset in microseconds. Then, unless 0, the
// time since the epoch in microseconds at which the clock stands still, and how often it was read
// since: each time it is a microsecond later, so that one thing still comes after the other.
// Monotonic clocks are left alone. libfaketime does the same, but does not get on with the
// allocator of redis-server.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

struct Shift
{
    std::atomic<std::int64_t> offset;
    std::atomic<std::int64_t> stopped;
    std::atomic<std::int64_t> reads;
};

Shift *mapped()
{
    static Shift *const shift = [] {
        const char *name = std::getenv("CLOCKSHIFT_FILE");
        const int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
        void *page = file < 0
            ? MAP_FAILED
            : mmap(nullptr, sizeof(Shift), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        return page == MAP_FAILED ? nullptr : static_cast<Shift *>(page);
    }();
    return shift;
}

void shift(timespec &time)
{
    Shift *by = mapped();
    if (!by)
        return;
    std::int64_t nanoseconds = time.tv_nsec + by->offset.load(std::memory_order_relaxed) * 1000;
    if (const std::int64_t stopped = by->stopped.load(std::memory_order_acquire); stopped != 0) {
        time.tv_sec = 0;
        nanoseconds = (stopped + by->reads.fetch_add(1, std::memory_order_relaxed)) * 1000;
    }
    constexpr std::int64_t kSecond = 1'000'000'000;
    time.tv_sec += nanoseconds / kSecond;
    time.tv_nsec = nanoseconds % kSecond;
    if (time.tv_nsec < 0) {
        time.tv_nsec += kSecond;
        --time.tv_sec;
    }
}

} // namespace

extern "C" int clock_gettime(clockid_t clock, timespec *time) noexcept
{
    const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        shift(*time);
    return result;
}

extern "C" int gettimeofday(timeval *time, void *) noexcept
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

extern "C" time_t time(time_t *result) noexcept
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}
