// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "packaging/demo/node.h"

#include <QRegularExpression>

#include <csignal>

#include <sys/prctl.h>
#include <unistd.h>

namespace presence::demo {

using namespace Qt::StringLiterals;

void endWithParent(QProcess &process, int signal)
{
    process.setChildProcessModifier([signal, parent = ::getpid()] {
        // It is not sent when the parent has ended before this call.
        if (::prctl(PR_SET_PDEATHSIG, signal) != 0 || ::getppid() != parent)
            ::_exit(1);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    });
}

void endProcess(QProcess &process)
{
    constexpr int kPatience = 10'000; // ms
    if (process.state() == QProcess::NotRunning)
        return;
    process.terminate();
    if (process.waitForFinished(kPatience))
        return;
    process.kill();
    process.waitForFinished(kPatience);
}

/// A REDIS_URL that the user has set for another daemon must not be the demo's.
static QProcessEnvironment environmentWith(const Node::Variables &variables)
{
    const auto system = QProcessEnvironment::systemEnvironment();
    QProcessEnvironment environment;
    for (const QString &name : {u"PATH"_s, u"HOME"_s, u"LANG"_s, u"TZ"_s, u"LD_LIBRARY_PATH"_s,
                                u"ASAN_OPTIONS"_s, u"LSAN_OPTIONS"_s, u"UBSAN_OPTIONS"_s}) {
        if (system.contains(name))
            environment.insert(name, system.value(name));
    }
    environment.insert(u"PRESENCE_BIND"_s, u"127.0.0.1"_s);
    environment.insert(u"PRESENCE_PORT"_s, u"0"_s);
    environment.insert(u"PRESENCE_SHARDS"_s, u"1"_s);
    environment.insert(u"METRICS_BIND"_s, u"none"_s);
    environment.insert(u"DRAIN_DELAY"_s, u"0"_s);
    // Ghosts have missed two: an outage is long enough for them to be seen.
    environment.insert(u"HEARTBEAT_INTERVAL"_s, u"5000"_s);
    environment.insert(u"LOG_LEVEL"_s, u"error"_s);
    for (auto it = variables.begin(); it != variables.end(); ++it)
        environment.insert(it.key(), it.value());
    return environment;
}

Node::Node(QString name, const QString &program, const Variables &variables, QObject *parent)
    : QObject(parent), m_name(std::move(name))
{
    QProcessEnvironment environment = environmentWith(variables);
    environment.insert(u"NODE_NAME"_s, m_name);
    m_process.setProcessEnvironment(environment);
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process.setProgram(program);
    // Its redis-server is to be stopped as well.
    endWithParent(m_process, SIGTERM);
    connect(&m_process, &QProcess::readyRead, this, &Node::read);
    const auto over = [this] {
        m_port = 0;
        Q_EMIT ended();
    };
    connect(&m_process, &QProcess::finished, this, over);
    connect(&m_process, &QProcess::errorOccurred, this, [over](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            over();
    });
}

Node::~Node()
{
    stop();
}

void Node::start()
{
    m_process.start(QIODevice::ReadOnly);
}

void Node::stop()
{
    m_process.disconnect(this);
    endProcess(m_process);
}

QUrl Node::url() const
{
    return QUrl(u"http://127.0.0.1:%1"_s.arg(m_port));
}

void Node::read()
{
    static const QRegularExpression line(u"^presenced \\S+ listens on \\S+:(\\d+)$"_s);
    while (m_process.canReadLine()) {
        const auto match = line.match(QString::fromUtf8(m_process.readLine()).trimmed());
        if (!match.hasMatch())
            continue;
        m_port = match.captured(1).toUShort();
        Q_EMIT listening();
    }
}

} // namespace presence::demo
