// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// screenshots <directory> <scheme>: pictures of the dashboard at PRESENCE_URL; see screenshots.sh.
#include "admin/app/mainwindow.h"
#include "admin/app/translations.h"
#include "admin/view/theme.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QSettings>

#include <algorithm>
#include <functional>

using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// A page, what to do on it, and when it is worth a picture.
struct Shot
{
    QString name;
    std::function<void()> set;
    std::function<bool()> isReady;
};

bool waitFor(const std::function<bool()> &isReady, qint64 ms = 30'000)
{
    QElapsedTimer timer;
    timer.start();
    while (!isReady()) {
        if (timer.hasExpired(ms))
            return false;
        QApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    return true;
}

/// For what follows by itself, such as ages and the order of rows.
void settle(qint64 ms)
{
    QElapsedTimer timer;
    timer.start();
    waitFor([&] { return timer.hasExpired(ms); }, 2 * ms);
}

QString variable(const char *name)
{
    return qEnvironmentVariable(name);
}

bool hasGoneNode(const Models &models)
{
    const auto &nodes = models.overview.now().nodes;
    return std::any_of(nodes.begin(), nodes.end(),
                       [](const presence::NodeRow &node) { return !node.isAlive; });
}

QList<Shot> shotsOf(MainWindow &window)
{
    Models &models = window.models();
    const auto always = [] { return true; };
    return {
        {u"overview"_s, [&] { window.showPage(MainWindow::OverviewId); },
         [&] { return models.overview.history().hour().size() > 2 && hasGoneNode(models); }},
        {u"users"_s, [&] { window.openWorkspace(u"acme"_s); },
         [&] { return !models.users.isLoading() && models.users.rowCount() > 10; }},
        {u"channels"_s, [&] { window.openChannel(u"general-0"_s); },
         [&] { return models.channelUsers.rowCount() > 5 && models.channels.rowCount() > 5; }},
        {u"user"_s, [&] { window.openUser(variable("PRESENCE_SOMEBODY")); },
         [&] { return models.user.hasDetails(); }},
        {u"ghosts"_s, [&] { window.showPage(MainWindow::GhostsId); },
         [&] { return models.ghosts.hasSearched() && models.flapping.rowCount() > 0; }},
        {u"ghost"_s, [&] { window.openUser(variable("PRESENCE_GHOST")); },
         [&] { return models.user.hasDetails(); }},
        {u"events"_s, [&] { window.showPage(MainWindow::EventsId); },
         [&] { return models.events.rowCount() > 60; }},
        {u"connection"_s, [&] { window.showPage(MainWindow::ConnectId); }, always},
        {u"empty"_s,
         [&] {
             window.openWorkspace(u"nobody-here"_s);
             window.findChild<QPushButton *>(u"closeUser"_s)->click();
         },
         [&] { return !models.users.isLoading(); }},
    };
}

/// What it looks like when the daemon is not there, between two attempts.
void breakOff(MainWindow &window)
{
    Profile profile = window.models().connection.profile();
    profile.url.setPort(1);
    window.models().connection.open(profile, "none");
    window.showPage(MainWindow::OverviewId);
    const Connection &connection = window.models().connection;
    waitFor([&] {
        return connection.state() == Connection::State::Waiting && connection.retryIn() > 3s;
    });
}

bool save(MainWindow &window, const QString &path)
{
    // 0: compressed as much as can be.
    return window.grab().toImage().convertToFormat(QImage::Format_RGB32).save(path, "PNG", 0);
}

} // namespace

int main(int argc, char *argv[])
{
    QApplication application(argc, argv);
    QApplication::setOrganizationName(u"presence-screenshots"_s);
    QApplication::setApplicationName(u"presence-screenshots"_s);
    QSettings().clear();
    const QDir directory(QApplication::arguments().value(1));
    const QString scheme = QApplication::arguments().value(2);
    if (scheme == "german"_L1)
        QLocale::setDefault(QLocale(QLocale::German));
    installTranslations(QLocale());
    applyScheme(scheme == "dark"_L1 ? Scheme::Dark : Scheme::Light);

    MainWindow window;
    window.resize(1280, 860);
    window.show();
    window.open({u"Production"_s, QUrl(variable("PRESENCE_URL")), {}},
                variable("PRESENCE_TOKEN").toUtf8(), false);
    for (const Shot &shot : shotsOf(window)) {
        shot.set();
        if (!waitFor(shot.isReady))
            qWarning("%s was never ready", qPrintable(shot.name));
        settle(2500);
        if (!save(window, directory.filePath(u"%1-%2.png"_s.arg(shot.name, scheme))))
            return 1;
    }
    breakOff(window);
    settle(300);
    return save(window, directory.filePath(u"error-%1.png"_s.arg(scheme))) ? 0 : 1;
}
