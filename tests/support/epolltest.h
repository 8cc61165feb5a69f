// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/epolldispatcher.h"
#include "tests/support/testregistry.h"

namespace presence::test {

inline std::unique_ptr<QCoreApplication> makeEpollApplication(int &argc, char **argv)
{
    QCoreApplication::setEventDispatcher(new eventloop::EpollDispatcher);
    return makeApplication<QCoreApplication>(argc, argv);
}

} // namespace presence::test

/// A test whose application runs on an EpollDispatcher from the start.
#define PRESENCE_EPOLL_TEST(Class) PRESENCE_TEST_WITH(Class, presence::test::makeEpollApplication)
