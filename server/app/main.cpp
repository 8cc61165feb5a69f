// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/commands.h"
#include "server/app/daemon.h"
#include "server/app/logsetup.h"
#include "server/app/servicenotifier.h"
#include "server/app/signals.h"
#include "server/app/welcome.h"
#include "server/eventloop/epolldispatcher.h"
#include "shared/core/logging.h"

#include <QCommandLineParser>
#include <QCoreApplication>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include <langinfo.h>
#include <sys/resource.h>
#include <unistd.h>

/// Read by jemalloc: large pages. A message touches many objects of its connection, each in a page
/// of its own; to look those up took a tenth of a heartbeat.
extern "C" {
[[gnu::visibility("default")]] const char *malloc_conf = "thp:always";
}

using namespace Qt::StringLiterals;
using namespace presence;

// sysexits.h; server/app/README.md says what each is.
static constexpr int kUsageError = 64;
static constexpr int kUnavailable = 69;
static constexpr int kConfigError = 78;

static void print(FILE *file, const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<size_t>(bytes.size()), file);
    std::fflush(file);
}

static QString describeVariables()
{
    QString text = u"Configuration, by environment variables, or by a file of --config:\n"_s;
    for (const auto &variable : app::Config::variables())
        text += u"  %1 %2\n%3%4\n"_s.arg(
            variable.name,
            variable.defaultValue.isEmpty() ? QString() : u"(%1)"_s.arg(variable.defaultValue),
            QString(6, u' '), variable.meaning);
    return text;
}

/// What the daemon is started with.
struct CommandLine
{
    QString configFile;
    QString command; ///< words, separated by spaces; empty: the daemon runs
    app::TokenRequest token;
};

/// Prints and exits for --help and --version, and for what it does not know.
static CommandLine parseArguments(const QCoreApplication &app)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Presence over REST and WebSocket, on Redis.\n\n"_s
                                     + describeVariables());
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption config(
        u"config"_s, u"YAML file of variables. The environment goes before it."_s, u"file"_s);
    const QCommandLineOption sub(u"sub"_s, u"With token: whose it is."_s, u"user"_s);
    const QCommandLineOption scope(u"scope"_s, u"With token: admin, admin:read or service."_s,
                                   u"scope"_s);
    const QCommandLineOption ttl(u"ttl"_s, u"With token: how long it is valid, 1h when left out."_s,
                                 u"time"_s, u"1h"_s);
    const QCommandLineOption workspaces(
        u"workspaces"_s, u"With token: those that it is for, separated by commas."_s, u"ids"_s);
    parser.addOptions({config, sub, scope, ttl, workspaces});
    parser.addPositionalArgument(
        u"config check|show|default"_s,
        u"Says whether the configuration is right; shows it; prints a file of "
        "the defaults."_s,
        u"[config check|show|default]"_s);
    parser.addPositionalArgument(u"token"_s,
                                 u"Makes a token with the secret of the configuration."_s,
                                 u"[token --sub user]"_s);
    QString wrong;
    if (!parser.parse(app.arguments()))
        wrong = parser.errorText();
    if (parser.isSet(u"help"_s))
        parser.showHelp();
    if (parser.isSet(u"version"_s))
        parser.showVersion();
    const QString command = parser.positionalArguments().join(u' ');
    static const QStringList commands{
        {}, u"config check"_s, u"config show"_s, u"config default"_s, u"token"_s};
    const bool isToken = command == "token"_L1;
    if (wrong.isEmpty() && !commands.contains(command))
        wrong = u"%1 is no command"_s.arg(command);
    for (const auto *option : {&sub, &scope, &ttl, &workspaces}) {
        if (wrong.isEmpty() && !isToken && parser.isSet(*option))
            wrong = u"--%1 belongs to presenced token"_s.arg(option->names().constFirst());
    }
    if (wrong.isEmpty() && parser.isSet(config)
        && (parser.values(config).size() > 1 || parser.value(config).isEmpty()))
        wrong = u"--config names one file"_s;
    if (wrong.isEmpty() && isToken && !parser.isSet(sub))
        wrong = u"presenced token needs --sub"_s;
    if (!wrong.isEmpty()) {
        print(stderr, u"presenced: %1\nTry presenced --help.\n"_s.arg(wrong));
        std::exit(kUsageError);
    }
    return {parser.value(config),
            command,
            {parser.value(sub), parser.value(scope), parser.value(ttl),
             parser.value(workspaces).split(u',', Qt::SkipEmptyParts)}};
}

/// Whether a command was done right, and what it prints.
static Result<QString> run(const CommandLine &line)
{
    if (line.command == "config default"_L1)
        return app::describeDefaults();
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto config = app::Config::from(environment, line.configFile);
    if (!config)
        return Failure(config.error());
    if (line.command == "config show"_L1)
        return app::describeSettings(config->settings);
    if (line.command == "token"_L1)
        return app::makeToken(*config, line.token).map([](const QByteArray &token) {
            return QString::fromLatin1(token) + u'\n';
        });
    if (const auto usable = app::checkFiles(*config); !usable)
        return Failure(usable.error());
    QString text = u"The configuration is right.\n"_s;
    for (const QString &name : config->settings.unknown())
        text += u"%1 is no variable of presenced.\n"_s.arg(name);
    return text;
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

/// Returns the exit code.
static int obey(const CommandLine &line)
{
    const auto done = run(line);
    print(done ? stdout : stderr, done ? *done : u"presenced: %1\n"_s.arg(done.error().detail));
    if (done)
        return 0;
    return done.error().code == ErrorCode::Malformed ? kUsageError : kConfigError;
}

/// In the format that was asked for, if that can be read at all.
static void logFault(const CommandLine &line, const Error &fault)
{
    const auto settings
        = app::Config::readSettings(QProcessEnvironment::systemEnvironment(), line.configFile);
    const QString format
        = settings ? settings->value(u"LOG_FORMAT"_s) : qEnvironmentVariable("LOG_FORMAT");
    const bool isJson = format == "json"_L1;
    app::setUpLog(QtInfoMsg, isJson ? app::LogFormat::Json : app::LogFormat::Text);
    app::printFatal(fault.detail);
}

/// Logs from now on as it says; nothing when it cannot be served with, which is logged.
static std::optional<app::Config> configure(const CommandLine &line)
{
    auto config = app::Config::from(QProcessEnvironment::systemEnvironment(), line.configFile);
    if (!config) {
        logFault(line, config.error());
        return std::nullopt;
    }
    app::setUpLog(config->logLevel, config->logFormat);
    if (!config->settings.unknown().isEmpty())
        qCWarning(lcApp).noquote() << "No variables of presenced, though they look like it:"
                                   << config->settings.unknown().join(u", "_s);
    if (const auto usable = app::checkFiles(*config); !usable) {
        app::printFatal(usable.error().detail);
        return std::nullopt;
    }
    config->isSecretMade = !config->hasAuth();
    if (config->isSecretMade)
        config->jwt.secret = app::makeSecret();
    config->descriptors = raiseDescriptorLimit();
    return *std::move(config);
}

/// Prints the port, and where the secret was made by this process, tokens to try it with: on a
/// terminal, else to the file that it returns.
static std::unique_ptr<app::TokenFile> announce(const app::Config &config, quint16 port)
{
    print(stdout,
          u"presenced %1 listens on %2:%3\n"_s
              .arg(QStringLiteral(PRESENCE_VERSION), app::hostIn(config.bind))
              .arg(port));
    if (!config.isSecretMade)
        return nullptr;
    const QString text = app::welcomeText(config.jwt.secret, app::hostToTry(config.bind), port,
                                          !config.tlsCertificate.isEmpty());
    if (isatty(STDOUT_FILENO) == 0)
        return std::make_unique<app::TokenFile>(
            u"%1/tokens-%2"_s.arg(config.stateDirectory).arg(port), text);
    print(stdout, text);
    return nullptr;
}

/// Until it is asked to stop, or cannot serve; returns the exit code.
static int serve(const app::Config &config)
{
    app::Signals signals;
    app::Daemon daemon(config);
    app::ServiceNotifier notifier([&daemon](auto answered) { daemon.ping(std::move(answered)); });
    int exitCode = 0;
    std::unique_ptr<app::TokenFile> tokens;
    bool isStopping = false;
    const auto stop = [&] {
        // Who asks twice does not wait for clients to be drained.
        if (std::exchange(isStopping, true))
            return QCoreApplication::exit(exitCode);
        notifier.stopping();
        daemon.stop();
    };
    QObject::connect(&signals, &app::Signals::terminated, &daemon, stop);
    QObject::connect(&signals, &app::Signals::reloadAsked, &daemon, &app::Daemon::reload);
    QObject::connect(&daemon, &app::Daemon::finished, &daemon,
                     [&exitCode] { QCoreApplication::exit(exitCode); });
    QObject::connect(&daemon, &app::Daemon::failed, &daemon, [&](const QString &why) {
        app::printFatal(why);
        exitCode = kUnavailable;
        stop(); // there may be clients
    });
    QObject::connect(&daemon, &app::Daemon::started, &daemon, [&](quint16 port) {
        tokens = announce(config, port);
        notifier.ready(port);
    });
    // From within the loop: it may fail at once, and exit() before exec() is lost.
    QMetaObject::invokeMethod(&daemon, &app::Daemon::start, Qt::QueuedConnection);
    return QCoreApplication::exec();
}

int main(int argc, char *argv[])
{
    useUtf8();
    QCoreApplication::setEventDispatcher(new eventloop::EpollDispatcher);
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(u"presenced"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(PRESENCE_VERSION));
    const CommandLine line = parseArguments(application);
    if (!line.command.isEmpty())
        return obey(line);
    const auto config = configure(line);
    return config ? serve(*config) : kConfigError;
}
