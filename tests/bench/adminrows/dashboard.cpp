// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/adminrows/dashboard.h"

#include <QEventLoop>
#include <QFile>

#include <cstdio>
#include <ctime>

#include <unistd.h>

namespace presence::bench {

using namespace Qt::StringLiterals;
using namespace dashboard;

using namespace std::chrono_literals;

static constexpr auto kPatience = 120s;
static constexpr auto kSettled = 1500ms; ///< more than rows take to go where they belong

/// As the dashboard itself waits: QTest::qWait() has the event loop sleep on its own terms.
static void spend(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

/// False when that takes too long.
static bool waitUntilLoaded(const UsersModel &users)
{
    QEventLoop loop;
    const auto isLoaded = [&users] { return !users.isLoading() && users.total() > 0; };
    QObject::connect(&users, &UsersModel::countsChanged, &loop, [&] {
        if (isLoaded())
            loop.quit();
    });
    QTimer::singleShot(kPatience, &loop, &QEventLoop::quit);
    if (!isLoaded())
        loop.exec();
    return isLoaded();
}

Dashboard::Dashboard(const Plan &plan, FrameApplication &application)
    : m_plan(plan), m_application(application), m_process(QCoreApplication::applicationPid()),
      m_page(m_client.users, m_client.workspaces, m_client.user, m_client.actions),
      m_table(m_page.findChild<QTableView *>(u"users"_s))
{
    m_table->sortByColumn(plan.sortColumn, Qt::AscendingOrder);
    m_page.resize(1280, 800);
    m_page.findChild<QLineEdit *>(u"userFilter"_s)->setText(plan.filter);
}

void Dashboard::open(Client &client) const
{
    client.users.watch(WorkspaceId("bench"));
    const QString url = u"ws://127.0.0.1:%1"_s.arg(m_plan.port);
    client.connection.open({.name = u"bench"_s, .url = QUrl(url)}, "token");
}

/// Since the process began, by the kernel.
static double secondsSinceStart()
{
    QFile stat(u"/proc/self/stat"_s);
    if (!stat.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = stat.readAll();
    // Behind the name in brackets, which may have blanks, starttime is the 20th.
    const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return double(now.tv_sec) + double(now.tv_nsec) / 1e9
        - fields.value(19).toDouble() / double(::sysconf(_SC_CLK_TCK));
}

bool Dashboard::load()
{
    m_page.show();
    m_bytesBefore = m_process.residentBytes();
    double firstAt = 0;
    connect(&m_client.users, &QAbstractItemModel::rowsInserted, this, [&] {
        if (firstAt == 0)
            firstAt = secondsSinceStart();
    });
    open(m_client);
    const UsersModel &users = m_client.users;
    const bool isThere = waitUntilLoaded(users);
    disconnect(&m_client.users, nullptr, this, nullptr);
    std::printf("| start to first rows | %.2f s | to all %lld | %.2f s |\n", firstAt,
                qlonglong(users.total()), secondsSinceStart());
    print("loading", m_application.take());
    return isThere;
}

/// A user in the middle, of whom nothing may be lost.
bool Dashboard::choose()
{
    const int row = m_client.users.rowCount() / 2;
    for (int i = row; i < m_client.users.rowCount(); ++i) {
        m_chosen = m_client.users.userAt(i)->user.toString();
        // Only the one in the middle of all is sure to stay.
        if (m_plan.sortColumn != UsersModel::UserColumn || !m_plan.filter.isEmpty()
            || m_chosen.mid(4).toInt() >= m_client.users.total() / 2) {
            m_table->selectRow(i);
            m_table->scrollTo(m_table->currentIndex(), QAbstractItemView::PositionAtCenter);
            return true;
        }
    }
    return false;
}

bool Dashboard::isChosenInSight() const
{
    return m_table->viewport()->rect().intersects(m_table->visualRect(m_table->currentIndex()));
}

bool Dashboard::stop()
{
    QEventLoop loop;
    bool isStopped = false;
    m_client.overview.ask("stop", {}, [&](const auto &answer) {
        isStopped = bool(answer);
        loop.quit();
    });
    if (!isStopped)
        loop.exec(); // there is an answer in any case
    spend(kSettled);
    return isStopped;
}

/// What changes made of the table, and what a new load says.
bool Dashboard::isSame()
{
    Client fresh;
    fresh.users.sort(m_plan.sortColumn, Qt::AscendingOrder);
    fresh.users.setFilter(m_client.users.filter());
    open(fresh);
    if (!waitUntilLoaded(fresh.users) || fresh.users.rowCount() != m_client.users.rowCount())
        return false;
    for (int row = 0; row < fresh.users.rowCount(); ++row) {
        if (*fresh.users.userAt(row) != *m_client.users.userAt(row))
            return false;
    }
    return true;
}

bool Dashboard::run()
{
    if (!load() || !choose())
        return false;
    const auto timeBefore = m_process.processorTime();
    m_application.take();
    spend(std::chrono::seconds(m_plan.seconds));
    print("changing", m_application.take());
    const std::chrono::duration<double> time = m_process.processorTime() - timeBefore;
    const double megabytes = 1024.0 * 1024.0;
    std::printf("| memory | %.0f MB | of it rows | %.0f MB |\n",
                double(m_process.residentBytes()) / megabytes,
                double(m_process.residentBytes() - m_bytesBefore) / megabytes);
    std::printf("| processor | %.2f cores | | |\n", time.count() / m_plan.seconds);
    if (!stop())
        return false;
    const bool isKept = m_table->currentIndex().data(UserRole).toString() == m_chosen
        && m_table->selectionModel()->selectedRows().size() == 1;
    const bool isExact = isSame();
    std::printf("| selection kept | %s | in sight | %s |\n", isKept ? "yes" : "no",
                isChosenInSight() ? "yes" : "no");
    std::printf("| as a new load says | %s | | |\n", isExact ? "yes" : "no");
    return isKept && isExact;
}

static void printTimes(const char *what, const char *kind, Latencies times)
{
    std::printf("| %s: %s, ms | p50 %.2f | p99 %.2f | max %.2f |\n", what, kind,
                times.percentile(50), times.percentile(99), times.percentile(100));
}

void Dashboard::print(const char *what, FrameTimes times) const
{
    printTimes(what, "a frame", times.busy);
    printTimes(what, "a turn of the model", times.turns);
    printTimes(what, "rows to their places", times.arrangements);
    printTimes(what, "receiving", times.receiving);
    printTimes(what, "painting", times.painting);
    std::fflush(stdout);
}

} // namespace presence::bench
