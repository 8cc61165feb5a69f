// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/daemonprocess.h"

#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <csignal>

#include <sys/prctl.h>

namespace presence::test {

using namespace Qt::StringLiterals;

/// Nothing of the machine's own configuration may reach the daemon, but what it needs to run.
static QProcessEnvironment cleanEnvironment()
{
    const auto system = QProcessEnvironment::systemEnvironment();
    QProcessEnvironment environment;
    for (const QString &name : {u"PATH"_s, u"ASAN_OPTIONS"_s, u"UBSAN_OPTIONS"_s, u"TSAN_OPTIONS"_s,
                                u"LSAN_OPTIONS"_s, u"LD_LIBRARY_PATH"_s}) {
        if (system.contains(name))
            environment.insert(name, system.value(name));
    }
    environment.insert(u"PRESENCE_PORT"_s, u"0"_s);
    environment.insert(u"PRESENCE_SHARDS"_s, u"2"_s);
    environment.insert(u"METRICS_BIND"_s, u"none"_s);
    environment.insert(u"CANARY_INTERVAL"_s, u"0"_s);
    environment.insert(u"DRAIN_DELAY"_s, u"0"_s);
    environment.insert(u"LOG_LEVEL"_s, u"warning"_s);
    return environment;
}

DaemonProcess::DaemonProcess(const Environment &environment, const QStringList &arguments)
{
    QProcessEnvironment all = cleanEnvironment();
    for (auto it = environment.begin(); it != environment.end(); ++it)
        all.insert(it.key(), it.value());
    // Of a thread that Qt has started a process from, ThreadSanitizer sees no more what it locks.
    if (std::ranges::none_of(all.keys(), [](auto &name) { return name.startsWith("REDIS_"_L1); }))
        all.insert(u"TSAN_OPTIONS"_s, u"report_bugs=0"_s);
    m_process.setProcessEnvironment(all);
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setProgram(qEnvironmentVariable("PRESENCED", QStringLiteral(PRESENCED)));
    m_process.setArguments(arguments);
    m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
}

DaemonProcess::~DaemonProcess()
{
    kill();
}

bool DaemonProcess::start()
{
    static const QRegularExpression line(u"^presenced \\S+ listens on \\S+:(\\d+)$"_s,
                                         QRegularExpression::MultilineOption);
    m_output.clear();
    m_process.start();
    QRegularExpressionMatch match;
    const bool isOver = QTest::qWaitFor(
        [&] {
            match = line.match(QString::fromUtf8(output()));
            return match.hasMatch() || m_process.state() == QProcess::NotRunning;
        },
        kDaemonPatience);
    m_port = match.captured(1).toUShort();
    if (!match.hasMatch())
        qWarning("presenced does not listen: %s", output().constData());
    return isOver && m_port != 0;
}

int DaemonProcess::run()
{
    m_output.clear();
    m_process.start();
    return m_process.waitForStarted(kDaemonPatience) ? ended() : -1;
}

int DaemonProcess::stop()
{
    m_process.terminate();
    return ended();
}

int DaemonProcess::ended()
{
    const bool isOver
        = m_process.state() == QProcess::NotRunning || m_process.waitForFinished(kDaemonPatience);
    if (output().contains("WARNING: ThreadSanitizer"))
        QTest::qFail(m_output.constData(), __FILE__, __LINE__);
    return isOver && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

void DaemonProcess::kill()
{
    m_process.kill();
    ended();
}

void DaemonProcess::freeze()
{
    ::kill(static_cast<pid_t>(m_process.processId()), SIGSTOP);
}

void DaemonProcess::thaw()
{
    ::kill(static_cast<pid_t>(m_process.processId()), SIGCONT);
}

QByteArray DaemonProcess::output()
{
    m_output += m_process.readAll();
    return m_output;
}

} // namespace presence::test
