// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/adminrows/dashboard.h"
#include "tests/bench/adminrows/rowsource.h"

#include <QCommandLineParser>
#include <QProcess>
#include <QStandardPaths>

#include <csignal>
#include <cstdio>

#include <sys/prctl.h>

using namespace Qt::StringLiterals;
using namespace presence::bench;

static void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Measures the dashboard's table of users while it changes. README.md has the figures."_s);
    parser.addHelpOption();
    parser.addOptions({
        {u"users"_s, u"In the workspace."_s, u"n"_s, u"100000"_s},
        {u"rate"_s, u"Changes a second."_s, u"n"_s, u"5000"_s},
        {u"seconds"_s, u"To measure."_s, u"n"_s, u"10"_s},
        {u"sort"_s, u"Column to sort by, from 0."_s, u"n"_s, u"1"_s},
        {u"filter"_s, u"Part of the user or the message."_s, u"text"_s},
        {u"source"_s, u"Be the other side."_s},
    });
}

/// The daemon's side is a process of its own, so that it does not count.
static int serve(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    addOptions(parser);
    parser.process(application);
    RowSource source(parser.value(u"users"_s).toInt(), parser.value(u"rate"_s).toInt());
    if (!source.listen())
        return 1;
    std::printf("%u\n", unsigned(source.port()));
    std::fflush(stdout);
    return QCoreApplication::exec();
}

static quint16 startSource(QProcess &source)
{
    source.setProgram(QCoreApplication::applicationFilePath());
    source.setArguments(QCoreApplication::arguments().mid(1) << u"--source"_s);
    source.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    source.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
    source.start();
    return source.waitForReadyRead(10'000) ? source.readLine().trimmed().toUShort() : quint16(0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && qstrcmp(argv[argc - 1], "--source") == 0)
        return serve(argc, argv);
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    // GLib's loop does not say when it sleeps.
    qputenv("QT_NO_GLIB", "1");
    FrameApplication application(argc, argv);
    QStandardPaths::setTestModeEnabled(true); // the operator's own columns stay as they are
    QCommandLineParser parser;
    addOptions(parser);
    parser.process(application);
    QProcess source;
    const quint16 port = startSource(source);
    Dashboard dashboard({.port = port,
                         .seconds = parser.value(u"seconds"_s).toInt(),
                         .sortColumn = parser.value(u"sort"_s).toInt(),
                         .filter = parser.value(u"filter"_s)},
                        application);
    const bool succeeded = port != 0 && dashboard.run();
    source.kill();
    source.waitForFinished();
    return succeeded ? 0 : 1;
}
