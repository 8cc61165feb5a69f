// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/epolldispatcher.h"
#include "tests/bench/floor.h"
#include "tests/bench/rows.h"
#include "tests/bench/table.h"

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

static int measure(const bench::Options &options)
{
    const auto row = bench::rowNamed(options.row);
    if (!row) {
        std::fprintf(stderr, "presence-load: there is no row %s\n", qUtf8Printable(options.row));
        return kUsageError;
    }
    bench::Bench bench(options);
    row(bench);
    bench.reportFaults();
    return bench.isFine() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    raiseDescriptorLimit();
    // How Floor starts this program again.
    if (argc == 6 && std::strcmp(argv[1], "--floor-server") == 0)
        return bench::runFloorServer({argv + 2, argv + argc});
    // How run.sh ends.
    if (argc == 2 && std::strcmp(argv[1], "--table") == 0)
        return bench::printTable(stdin);

    QCoreApplication::setEventDispatcher(new eventloop::EpollDispatcher);
    QCoreApplication application(argc, argv);
    const auto options = bench::Options::parse(QCoreApplication::arguments());
    if (!options) {
        std::fprintf(stderr, "presence-load: %s\n", qUtf8Printable(options.error().detail));
        return kUsageError;
    }
    return measure(*options);
}
