// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "packaging/demo/demo.h"

#include "server/app/welcome.h"
#include "server/auth/jwt.h"

#include <QDateTime>
#include <QFile>

#include <csignal>
#include <cstdio>
#include <utility>

namespace presence::demo {

using namespace Qt::StringLiterals;

/// The first outage is to be seen soon, and then one is to have time to look at other things.
static constexpr int kLaterOutages = 3;

static void say(const QString &line)
{
    std::fputs(qUtf8Printable(line + u'\n'), stdout);
    std::fflush(stdout);
}

// In /tmp whatever TMPDIR is: the path of Redis' socket may not be long.
Demo::Demo(Options options)
    : m_options(std::move(options)), m_directory(u"/tmp/presence-demo-XXXXXX"_s),
      m_secret(app::makeSecret()),
      m_first(u"node-a"_s, m_options.presenced,
              {{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(m_secret)},
               {u"PRESENCE_STATE_DIR"_s, m_directory.filePath(u"state"_s)}},
              this),
      m_second(u"node-b"_s, m_options.presenced,
               {{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(m_secret)},
                {u"REDIS_URL"_s, u"unix://"_s + m_directory.filePath(u"state/redis.sock"_s)}},
               this),
      m_population({.users = m_options.users, .seed = m_options.seed, .secret = m_secret})
{
    m_nextOutage.setSingleShot(true);
    m_return.setSingleShot(true);
    connect(&m_first, &Node::listening, this, &Demo::begin);
    connect(&m_first, &Node::ended, this, [this] {
        say(u"%1 has ended, and with it the demo."_s.arg(m_first.name()));
        stop(1);
    });
    connect(&m_second, &Node::listening, this, &Demo::onSecondListening);
    connect(&m_second, &Node::ended, this, &Demo::onSecondEnded);
    connect(&m_window, &QProcess::finished, this, [this](int code) { stop(code); });
    connect(&m_window, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart)
            return;
        say(u"Cannot start %1: %2"_s.arg(m_window.program(), m_window.errorString()));
        stop(1);
    });
    connect(&m_nextOutage, &QTimer::timeout, &m_second, &Node::kill);
    connect(&m_return, &QTimer::timeout, &m_second, &Node::start);
}

Demo::~Demo()
{
    stop(0);
}

void Demo::start()
{
    if (!m_directory.isValid() || !writeToken()) {
        say(u"Cannot write to %1: %2"_s.arg(m_directory.path(), m_directory.errorString()));
        return stop(1);
    }
    m_first.start();
}

/// The directory is for this user alone.
bool Demo::writeToken()
{
    const QByteArray token
        = auth::signToken({{"sub"_L1, "admin"_L1},
                           {"scope"_L1, "admin"_L1},
                           {"exp"_L1, QDateTime::currentSecsSinceEpoch() + 24 * 3600}},
                          m_secret);
    QFile file(tokenPath());
    return file.open(QIODevice::WriteOnly | QIODevice::NewOnly) && file.write(token) > 0;
}

void Demo::begin()
{
    m_population.setNode(0, m_first.port());
    m_population.begin();
    m_second.start();
    if (!m_options.window.isEmpty())
        openWindow();
    welcome();
}

void Demo::welcome()
{
    QStringList workspaces;
    for (const char *workspace : kWorkspaces)
        workspaces << QLatin1StringView(workspace);
    say(u"Demo: %1 simulated users in the workspaces %2, until %3Ctrl+C is pressed."_s
            .arg(m_options.users)
            .arg(workspaces.join(u", "_s),
                 m_options.window.isEmpty() ? QString() : u"the window is closed or "_s));
    say(u"Admin token: in %1"_s.arg(tokenPath()));
    say(u"Try: curl -H \"Authorization: Bearer $(cat %1)\" %2/api/presence/workspace/%3/online"_s
            .arg(tokenPath(), m_first.url().toString(), workspaces.first()));
    say(u"%1 listens on %2"_s.arg(m_first.name(), m_first.url().toString()));
}

void Demo::openWindow()
{
    endWithParent(m_window, SIGTERM);
    m_window.setProcessChannelMode(QProcess::ForwardedChannels);
    m_window.start(
        m_options.window,
        {u"--demo"_s, u"--url"_s, m_first.url().toString(), u"--token-file"_s, tokenPath()});
}

void Demo::onSecondListening()
{
    say(u"%1 listens on %2"_s.arg(m_second.name(), m_second.url().toString()));
    m_population.setNode(1, m_second.port());
    m_nextOutage.start(m_outages++ == 0 ? m_options.outageAfter
                                        : kLaterOutages * m_options.outageAfter);
}

void Demo::onSecondEnded()
{
    say(u"%1 was killed; it comes back in %2 s"_s.arg(m_second.name())
            .arg(m_options.outage.count()));
    m_population.setNode(1, 0);
    m_nextOutage.stop();
    m_return.start(m_options.outage);
}

void Demo::stop(int code)
{
    if (std::exchange(m_isStopping, true))
        return;
    m_nextOutage.stop();
    m_return.stop();
    m_population.end();
    m_window.disconnect(this);
    endProcess(m_window);
    // What it knows ends with the first one's Redis.
    m_second.kill();
    m_second.stop();
    m_first.stop();
    Q_EMIT finished(code);
}

} // namespace presence::demo
