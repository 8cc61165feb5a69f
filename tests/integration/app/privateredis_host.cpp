// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/privateredis.h"

#include <QCoreApplication>

#include <cstdio>

// privateredis_host <state directory>: prints the socket's path when ready, and stays.
int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    presence::app::PrivateRedis redis({.stateDirectory = app.arguments().value(1)});
    QObject::connect(&redis, &presence::app::PrivateRedis::ready, &app,
                     [](const QString &socketPath) {
                         std::puts(qPrintable(socketPath));
                         std::fflush(stdout);
                     });
    QObject::connect(&redis, &presence::app::PrivateRedis::failed, &app,
                     [] { QCoreApplication::exit(1); });
    redis.start();
    return app.exec();
}
