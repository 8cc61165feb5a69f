// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/privateredis.h"

#include "shared/core/logging.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QLocalSocket>
#include <QStandardPaths>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace presence::app {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kPoll = 10ms;
/// For an answer to PING, which does not come while data is loaded.
static constexpr auto kPingPatience = 1s;
static constexpr auto kShortestPause = 100ms;
static constexpr auto kLongestPause = 5s;
static constexpr std::chrono::milliseconds kStable = 10s;
static constexpr int kMaxFailedStarts = 3;
static constexpr qsizetype kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;
static constexpr QFile::Permissions kOwnerOnly
    = QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner;

static constexpr auto kAnything
    = QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot;

static QString lastError()
{
    return QString::fromLocal8Bit(std::strerror(errno));
}

PrivateRedis::PrivateRedis(Options options)
    : m_options(std::move(options)), m_backoff(kShortestPause, kLongestPause)
{
    m_timer.setSingleShot(true);
    connect(&m_process, &QProcess::readyRead, this, &PrivateRedis::logOutput);
    connect(&m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        onEnded((status == QProcess::NormalExit ? u"exit code %1"_s : u"signal %1"_s).arg(code));
    });
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            onEnded(m_process.errorString());
    });
}

PrivateRedis::~PrivateRedis()
{
    stop();
}

void PrivateRedis::start()
{
    const Result<void> prepared = prepare();
    if (!prepared) {
        giveUp(prepared.error().detail);
        return;
    }
    m_sinceStart.start();
    lockAndLaunch();
}

Result<void> PrivateRedis::prepare()
{
    QString program = QStandardPaths::findExecutable(m_options.program);
    // Where the package has it: Debian's redis-tools has the program, and redis-server its service.
    if (program.isEmpty())
        program = QStandardPaths::findExecutable(
            m_options.program, {QCoreApplication::applicationDirPath() + u"/../lib/presenced"_s});
    if (program.isEmpty())
        return fail(ErrorCode::NotFound,
                    u"%1 is not installed; install it, or set REDIS_URL or REDIS_HOST"_s.arg(
                        m_options.program));
    const QFileInfo directory(QDir::cleanPath(m_options.stateDirectory));
    QDir().mkpath(directory.absolutePath());
    if (!directory.isDir() && !QDir().mkdir(directory.absoluteFilePath(), kOwnerOnly))
        return fail(ErrorCode::Invalid,
                    u"cannot make the state directory %1"_s.arg(directory.absoluteFilePath()));
    m_options.stateDirectory = directory.absoluteFilePath();
    if (const Result<void> secured = secureDirectory(); !secured)
        return secured;

    const QByteArray lock = QFile::encodeName(m_options.stateDirectory + u"/lock"_s);
    m_lock = ::open(lock.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m_lock < 0)
        return fail(ErrorCode::Invalid,
                    u"cannot write to %1: %2"_s.arg(m_options.stateDirectory, lastError()));
    configure(program);
    return placeSocket();
}

/// Others must not read what users are, nor reach the socket. A directory that is not only ours,
/// such as /tmp, is left as it is.
Result<void> PrivateRedis::secureDirectory() const
{
    struct stat status
    {
    };
    const QByteArray path = QFile::encodeName(m_options.stateDirectory);
    if (::stat(path.constData(), &status) != 0 || (status.st_mode & 077) == 0)
        return {};
    QStringList content = QDir(m_options.stateDirectory).entryList(kAnything);
    content.removeOne(u"lost+found"_s); // of a new file system
    // What others could write to may have been prepared by them.
    const bool isOurs = status.st_uid == ::geteuid()
        && (content.isEmpty() || ((status.st_mode & 022) == 0 && content.contains(u"lock"_s)));
    if (isOurs && ::chmod(path.constData(), 0700) == 0) {
        qCWarning(lcApp).noquote()
            << m_options.stateDirectory << "was open to other users: its mode is 0700 now";
        return {};
    }
    return fail(
        ErrorCode::Invalid,
        u"%1 is open to other users: its mode has to be 0700"_s.arg(m_options.stateDirectory));
}

// The path of a unix socket has 107 bytes at most.
Result<void> PrivateRedis::placeSocket()
{
    m_socketPath = m_options.stateDirectory + u"/redis.sock"_s;
    const auto fits = [this] { return QFile::encodeName(m_socketPath).size() <= kMaxSocketPath; };
    for (const QString &base : {qEnvironmentVariable("XDG_RUNTIME_DIR"), u"/tmp"_s}) {
        if (fits())
            return {};
        if (base.isEmpty())
            continue;
        m_shortDirectory = std::make_unique<QTemporaryDir>(base + u"/presenced-XXXXXX"_s);
        if (m_shortDirectory->isValid())
            m_socketPath = m_shortDirectory->filePath(u"redis.sock"_s);
    }
    if (fits())
        return {};
    return fail(ErrorCode::Invalid, u"no directory with a path short enough for a socket"_s);
}

// The server inherits the lock: whoever gets it later knows that the server has ended as well.
void PrivateRedis::lockAndLaunch()
{
    if (::flock(m_lock, LOCK_EX | LOCK_NB) == 0) {
        launch();
    } else if (m_sinceStart.hasExpired(m_options.lockWait.count())) {
        giveUp(u"%1 is in use by another presenced"_s.arg(m_options.stateDirectory));
    } else {
        after(kPoll, &PrivateRedis::lockAndLaunch);
    }
}

void PrivateRedis::after(std::chrono::milliseconds pause, void (PrivateRedis::*next)())
{
    m_timer.disconnect(this);
    connect(&m_timer, &QTimer::timeout, this, next);
    m_timer.start(pause);
}

void PrivateRedis::configure(const QString &program)
{
    m_process.setProgram(program);
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setChildProcessModifier([parent = ::getpid(), lock = m_lock] {
        // SIGTERM lets the server write what it has. It is not sent when the parent has died
        // before this call, so that is looked at afterwards.
        if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || ::getppid() != parent)
            ::_exit(1);
        // The daemon takes its signals from a descriptor and has them blocked.
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        // Control-C in a terminal is for the daemon, which stops the server last.
        ::setsid();
        ::fcntl(lock, F_SETFD, 0);
        ::umask(077);
    });
}

void PrivateRedis::launch()
{
    QFile::remove(m_socketPath);
    m_sinceStart.start();
    m_process.setArguments(
        {u"--port"_s, u"0"_s, u"--unixsocket"_s, m_socketPath, u"--unixsocketperm"_s, u"700"_s,
         u"--dir"_s, m_options.stateDirectory, u"--appendonly"_s, u"yes"_s, u"--appendfsync"_s,
         u"everysec"_s, u"--save"_s, QString(), u"--daemonize"_s, u"no"_s, u"--loglevel"_s,
         u"warning"_s,
         // Users as listpacks, large workspaces as hash tables.
         u"--hash-max-listpack-value"_s, u"512"_s, u"--hash-max-listpack-entries"_s, u"64"_s});
    m_process.start(QIODevice::ReadOnly);
    probe();
}

void PrivateRedis::probe()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    QLocalSocket socket;
    socket.connectToServer(m_socketPath);
    if (socket.state() != QLocalSocket::ConnectedState) {
        after(kPoll, &PrivateRedis::probe);
        return;
    }
    redis::Endpoint endpoint;
    endpoint.socketPath = m_socketPath;
    m_ping = std::make_unique<redis::Query>(
        endpoint, redis::Command{"PING"_ba}, kPingPatience,
        [this](const Result<redis::Reply> &pong) { answered(pong); });
}

void PrivateRedis::answered(const Result<redis::Reply> &pong)
{
    m_ping.reset();
    if (!pong || pong->isError())
        return after(kPoll, &PrivateRedis::probe);
    m_failedStarts = 0;
    m_isReady = true;
    qCInfo(lcApp).noquote() << "private redis-server on" << m_socketPath;
    Q_EMIT ready(m_socketPath);
}

void PrivateRedis::logOutput()
{
    while (m_process.canReadLine()) {
        m_lastOutput = QString::fromUtf8(m_process.readLine()).trimmed();
        qCInfo(lcApp).noquote() << "redis-server:" << m_lastOutput;
    }
}

void PrivateRedis::onEnded(const QString &how)
{
    m_timer.stop();
    m_ping.reset();
    if (m_stopping)
        return;
    const bool wasReady = std::exchange(m_isReady, false);
    qCWarning(lcApp).noquote() << "private redis-server ended:" << how;
    if (!wasReady && ++m_failedStarts >= kMaxFailedStarts) {
        giveUp(u"redis-server does not start (%1): %2"_s.arg(how, m_lastOutput));
        return;
    }
    if (wasReady && m_sinceStart.hasExpired(kStable.count()))
        m_backoff.reset();
    after(m_backoff.next(), &PrivateRedis::launch);
}

void PrivateRedis::giveUp(const QString &why)
{
    qCCritical(lcApp).noquote() << why;
    Q_EMIT failed(why);
}

void PrivateRedis::stop()
{
    m_stopping = true;
    m_timer.stop();
    if (m_process.state() != QProcess::NotRunning) {
        m_process.terminate();
        if (!m_process.waitForFinished(int(m_options.stopDeadline.count()))) {
            m_process.kill();
            m_process.waitForFinished(-1);
        }
    }
    if (m_lock >= 0)
        ::close(std::exchange(m_lock, -1));
}

} // namespace presence::app
