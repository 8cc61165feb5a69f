// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/app/mainwindow.h"
#include "admin/app/translations.h"
#include "admin/view/theme.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QFile>

#include <cstdio>

using namespace presence::dashboard;
using namespace Qt::StringLiterals;

namespace {

/// What the command line asks for.
struct Options
{
    QUrl url;
    QByteArray token;
    QString workspace;
    Scheme scheme = Scheme::System;
    bool isDemo = false;
};

class Main
{
    Q_DECLARE_TR_FUNCTIONS(Main)
};

[[noreturn]] void refuse(const QString &why)
{
    std::fputs(qPrintable(u"presence-admin: %1\n"_s.arg(why)), stderr);
    std::exit(2);
}

/// Not as an argument: everybody on the machine sees those.
QByteArray readToken(const QString &path)
{
    QFile file(path);
    const bool isOpen
        = path == "-"_L1 ? file.open(stdin, QIODevice::ReadOnly) : file.open(QIODevice::ReadOnly);
    if (!isOpen)
        refuse(Main::tr("cannot read the token from %1: %2").arg(path, file.errorString()));
    const QByteArray token = file.read(64 * 1024).trimmed();
    if (token.isEmpty())
        refuse(Main::tr("there is no token in %1").arg(path));
    return token;
}

Options parse(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(Main::tr("Shows a presence service live."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions(
        {{u"url"_s, Main::tr("Connect to the daemon at <url>, such as http://localhost:4001."),
          u"url"_s},
         {u"token-file"_s, Main::tr("Read the token from <file>, - for standard input."),
          u"file"_s},
         {u"workspace"_s, Main::tr("Show the users of <workspace> at first."), u"workspace"_s},
         {u"scheme"_s, Main::tr("light, dark, or system (as the desktop is)."), u"scheme"_s,
          u"system"_s},
         {u"demo"_s, Main::tr("Say in the window that users are simulated.")}});
    parser.process(arguments);
    Options options;
    static const QHash<QString, Scheme> schemes{
        {u"system"_s, Scheme::System}, {u"light"_s, Scheme::Light}, {u"dark"_s, Scheme::Dark}};
    if (!schemes.contains(parser.value(u"scheme"_s)))
        refuse(Main::tr("--scheme must be light, dark or system"));
    options.scheme = schemes[parser.value(u"scheme"_s)];
    options.workspace = parser.value(u"workspace"_s);
    options.isDemo = parser.isSet(u"demo"_s);
    if (parser.isSet(u"url"_s) != parser.isSet(u"token-file"_s))
        refuse(Main::tr("--url and --token-file go together"));
    if (!parser.isSet(u"url"_s))
        return options;
    options.url = QUrl::fromUserInput(parser.value(u"url"_s));
    if (!options.url.isValid() || options.url.host().isEmpty())
        refuse(Main::tr("--url must be like http://localhost:4001"));
    options.token = readToken(parser.value(u"token-file"_s));
    return options;
}

} // namespace

int main(int argc, char *argv[])
{
    QApplication application(argc, argv);
    QApplication::setOrganizationName(u"presence"_s);
    QApplication::setApplicationName(u"presence-admin"_s);
    QApplication::setApplicationVersion(QStringLiteral(PRESENCE_VERSION));
    QGuiApplication::setDesktopFileName(u"presence-admin"_s);
    installTranslations(QLocale());
    const Options options = parse(QApplication::arguments());
    // With settings of its own: it leaves nothing, and offers no connection to what is real.
    if (options.isDemo)
        QApplication::setApplicationName(u"presence-admin-demo"_s);
    applyScheme(options.scheme);
    QApplication::setWindowIcon(QIcon(u":/icons/presence-admin.svg"_s));

    MainWindow window;
    if (options.isDemo)
        window.setNotice(Main::tr("Demo: simulated users"));
    if (options.url.isEmpty())
        window.openLastUsed();
    else
        window.open({options.url.authority(), options.url, {}}, options.token, false);
    if (!options.workspace.isEmpty())
        window.openWorkspace(options.workspace);
    window.show();
    return QApplication::exec();
}
