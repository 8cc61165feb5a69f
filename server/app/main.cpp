// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/daemon.h"
#include "server/app/logsetup.h"
#include "server/app/servicenotifier.h"
#include "server/app/signals.h"
#include "server/app/welcome.h"
#include "server/eventloop/epolldispatcher.h"

#include <QCommandLineParser>
#include <QCoreApplication>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <langinfo.h>
#include <sys/resource.h>

/// Read by jemalloc: large pages. A message touches many objects of its connection, each in a page
/// of its own; to look those up took a tenth of a heartbeat.
extern "C" {
[[gnu::visibility("default")]] const char *malloc_conf = "thp:always";
}

using namespace Qt::StringLiterals;
using namespace presence;

// sysexits.h
static constexpr int kConfigError = 78;
static constexpr int kUnavailable = 69;

static void print(FILE *file, const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<size_t>(bytes.size()), file);
    std::fflush(file);
}

static QString describeVariables()
{
    QString text = u"Configuration, by environment variables:\n"_s;
    for (const auto &variable : app::Config::variables())
        text += u"  %1 %2\n%3%4\n"_s.arg(
            variable.name,
            variable.defaultValue.isEmpty() ? QString() : u"(%1)"_s.arg(variable.defaultValue),
            QString(6, u' '), variable.meaning);
    return text;
}

/// Prints and exits for --help and --version.
static void parseArguments(const QCoreApplication &app)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Presence over REST and WebSocket, on Redis.\n\n"_s
                                     + describeVariables());
    parser.addHelpOption();
    parser.addVersionOption();
    parser.process(app);
}

/// Every connection needs a descriptor: as many as the system lets us have. Returns how many.
static int raiseDescriptorLimit()
{
    constexpr rlim_t kEnough = 10'000'000;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<int>(std::min(limit.rlim_cur, kEnough));
}

/// Qt needs one, and newer versions warn of any other; a service starts with none.
static void useUtf8()
{
    if (std::setlocale(LC_CTYPE, "") && std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0)
        return;
    ::setenv("LC_ALL", "C.UTF-8", 1);
    std::setlocale(LC_CTYPE, "");
}

int main(int argc, char *argv[])
{
    useUtf8();
    QCoreApplication::setEventDispatcher(new eventloop::EpollDispatcher);
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(u"presenced"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(PRESENCE_VERSION));
    parseArguments(application);

    auto config = app::Config::from(QProcessEnvironment::systemEnvironment());
    if (!config) {
        print(stderr, u"presenced: %1\n"_s.arg(config.error().detail));
        return kConfigError;
    }
    app::setUpLog(config->logLevel, config->logFormat);
    const bool needsWelcome = !config->hasAuth();
    if (needsWelcome)
        config->jwt.secret = app::makeSecret();
    config->descriptors = raiseDescriptorLimit();

    app::Signals signals;
    app::Daemon daemon(*config);
    app::ServiceNotifier notifier([&daemon](auto answered) { daemon.ping(std::move(answered)); });
    int exitCode = 0;
    const auto stop = [&] {
        notifier.stopping();
        daemon.stop();
    };
    QObject::connect(&signals, &app::Signals::terminated, &daemon, stop);
    QObject::connect(&signals, &app::Signals::reloadAsked, &daemon, &app::Daemon::reload);
    QObject::connect(&daemon, &app::Daemon::finished, &application,
                     [&exitCode] { QCoreApplication::exit(exitCode); });
    QObject::connect(&daemon, &app::Daemon::failed, &application, [&](const QString &why) {
        print(stderr, u"presenced: %1\n"_s.arg(why));
        exitCode = kUnavailable;
        stop(); // there may be clients
    });
    QObject::connect(&daemon, &app::Daemon::started, &application, [&](quint16 port) {
        print(stdout,
              u"presenced %1 listens on %2:%3\n"_s
                  .arg(QStringLiteral(PRESENCE_VERSION), config->bind.toString())
                  .arg(port));
        notifier.ready(port);
        if (needsWelcome)
            print(stdout,
                  app::welcomeText(config->jwt.secret, port, !config->tlsCertificate.isEmpty()));
    });
    // From within the loop: it may fail at once, and exit() before exec() is lost.
    QMetaObject::invokeMethod(&daemon, &app::Daemon::start, Qt::QueuedConnection);
    return QCoreApplication::exec();
}
