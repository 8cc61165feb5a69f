// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/epolldispatcher.h"
#include "tests/bench/bench.h"
#include "tests/bench/floor.h"

#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>

using namespace presence;

// sysexits.h
static constexpr int kUsageError = 64;

/// Every connection needs a descriptor.
static void raiseDescriptorLimit()
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char *argv[])
{
    raiseDescriptorLimit();
    // How Floor starts this program again.
    if (argc == 4 && std::strcmp(argv[1], "--floor-server") == 0)
        return bench::runFloorServer(std::atoi(argv[2]), std::atoi(argv[3]));

    QCoreApplication::setEventDispatcher(new eventloop::EpollDispatcher);
    QCoreApplication application(argc, argv);
    const auto options = bench::Options::parse(QCoreApplication::arguments());
    if (!options) {
        std::fprintf(stderr, "presence-load: %s\n", qUtf8Printable(options.error().detail));
        return kUsageError;
    }
    return bench::Bench(*options).run() ? EXIT_SUCCESS : EXIT_FAILURE;
}
