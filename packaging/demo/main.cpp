// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "packaging/demo/demo.h"
#include "server/app/signals.h"

#include <QCommandLineParser>
#include <QCoreApplication>

#include <climits>
#include <cstdio>
#include <cstdlib>

#include <sys/resource.h>

using namespace presence;
using namespace Qt::StringLiterals;

namespace {

class Parser : public QCommandLineParser
{
public:
    /// A whole number in [least, most], or the program ends.
    int number(const QString &option, int least, int most) const
    {
        bool isNumber = false;
        const int number = value(option).toInt(&isNumber);
        if (isNumber && number >= least && number <= most)
            return number;
        std::fputs(qPrintable(u"presence-demo: --%1 must be a number from %2 to %3\n"_s.arg(option)
                                  .arg(least)
                                  .arg(most)),
                   stderr);
        std::exit(2);
    }
};

demo::Demo::Options parse(const QCoreApplication &application)
{
    constexpr int kMostUsers = 2000;
    constexpr int kMostSeconds = 24 * 3600;
    Parser parser;
    parser.setApplicationDescription(
        u"Two nodes with simulated users, for packaging/run.sh --demo."_s);
    parser.addHelpOption();
    parser.addOptions(
        {{u"presenced"_s, u"The daemon's program."_s, u"file"_s, u"presenced"_s},
         {u"window"_s, u"The dashboard's program. Without it there is no window."_s, u"file"_s},
         {u"users"_s, u"How many users."_s, u"number"_s, u"300"_s},
         {u"seed"_s, u"Another number makes other users, who do other things."_s, u"number"_s,
          u"1"_s},
         {u"outage-after"_s, u"When a node is killed first. Later it lives three times as long."_s,
          u"seconds"_s, u"60"_s},
         {u"outage"_s, u"How long it is away."_s, u"seconds"_s, u"40"_s}});
    parser.process(application);
    return {.presenced = parser.value(u"presenced"_s),
            .window = parser.value(u"window"_s),
            .users = parser.number(u"users"_s, 1, kMostUsers),
            .seed = static_cast<quint32>(parser.number(u"seed"_s, 0, INT_MAX)),
            .outageAfter = std::chrono::seconds(parser.number(u"outage-after"_s, 1, kMostSeconds)),
            .outage = std::chrono::seconds(parser.number(u"outage"_s, 1, kMostSeconds))};
}

/// Each device has a descriptor, and the shell's limit may be a thousand.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    raiseDescriptorLimit();
    app::Signals signals;
    demo::Demo demo(parse(application));
    const auto stop = [&demo] { demo.stop(0); };
    QObject::connect(&signals, &app::Signals::terminated, &demo, stop);
    // Of a terminal that is closed.
    QObject::connect(&signals, &app::Signals::reloadAsked, &demo, stop);
    QObject::connect(&demo, &demo::Demo::finished, &application, &QCoreApplication::exit);
    // From within the loop: exit() before exec() is lost.
    QMetaObject::invokeMethod(&demo, &demo::Demo::start, Qt::QueuedConnection);
    return QCoreApplication::exec();
}
