// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/app/mainwindow.h"
#include "person.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/testregistry.h"

#include <QApplication>
#include <QSettings>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Two nodes, 200 clients, a dashboard on each node that looks at what they look at, operators that
/// act, and a Redis that is killed and hangs. With the sanitizers any fault ends it; at the end all
/// hold what the service holds. SOAK_SECONDS (600) says for how long, SOAK_SEED which run it is.
class TestSoak : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everythingAtOnce()
    {
        m_random.seed(number("SOAK_SEED", 1));
        QVERIFY(startNodes());
        for (int i = 0; i < 200; ++i)
            m_people.push_back(std::make_unique<Person>(i, m_ports, m_random));
        openDashboards();
        QTimer acts;
        connect(&acts, &QTimer::timeout, this, [this] { act(); });
        acts.start(2ms);
        QTimer operators;
        connect(&operators, &QTimer::timeout, this, [this] { operate(); });
        operators.start(150ms);
        QDeadlineTimer end(std::chrono::seconds(number("SOAK_SECONDS", 600)));
        QElapsedTimer sinceFault;
        sinceFault.start();
        while (!end.hasExpired()) {
            QTest::qWait(200);
            if (!sinceFault.hasExpired(15'000))
                continue;
            QVERIFY(breakRedis());
            sinceFault.start();
            for (const auto &node : m_nodes)
                QVERIFY2(node->isRunning(), node->output().right(20'000).constData());
        }
        acts.stop();
        operators.stop();
        QTRY_VERIFY_WITH_TIMEOUT(isCalm(), 60'000);
        QTRY_COMPARE_WITH_TIMEOUT(difference(), QString(), 60'000);
        m_people.clear();
        m_windows.clear();
        for (const auto &node : m_nodes) {
            const int code = node->stop();
            QVERIFY2(code == 0, node->output().right(20'000).constData());
        }
        qInfo("%d things done by clients, %d by operators, %d faults of Redis", m_acts,
              m_operations, m_faults);
    }

private:
    static int number(const char *variable, int otherwise)
    {
        return qEnvironmentVariableIsSet(variable) ? qEnvironmentVariableIntValue(variable)
                                                   : otherwise;
    }

    bool startNodes()
    {
        if (!m_redis.start())
            return false;
        for (int i = 0; i < 2; ++i) {
            DaemonProcess::Environment environment = m_redis.environment();
            environment.insert({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                                {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                                {u"NODE_NAME"_s, u"node-%1"_s.arg(i)},
                                {u"HEARTBEAT_INTERVAL"_s, u"1000"_s},
                                {u"PRESENCE_TTL"_s, u"5"_s},
                                {u"OFFLINE_GRACE"_s, u"1"_s},
                                {u"LOG_LEVEL"_s, u"error"_s}});
            m_nodes.push_back(std::make_unique<DaemonProcess>(environment));
            if (!m_nodes.back()->start())
                return false;
            m_ports.push_back(m_nodes.back()->port());
        }
        return true;
    }

    void openDashboards()
    {
        QSettings().clear();
        const QByteArray token = tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}});
        for (const quint16 port : m_ports) {
            auto window = std::make_unique<MainWindow>();
            window->open({u"soak"_s, QUrl(u"http://127.0.0.1:%1"_s.arg(port)), {}}, token, false);
            window->show();
            m_windows.push_back(std::move(window));
        }
    }

    int below(int end) { return static_cast<int>(m_random.bounded(end)); }
    QString anyUser() { return m_people[size_t(below(int(m_people.size())))]->user(); }

    void act()
    {
        m_people[size_t(below(int(m_people.size())))]->act();
        ++m_acts;
    }

    /// An operator looks at something else, or does something.
    void operate()
    {
        MainWindow &window = *m_windows[size_t(below(int(m_windows.size())))];
        Actions &actions = window.models().actions;
        const UserId user(anyUser().toLatin1());
        ++m_operations;
        switch (below(12)) {
        case 0:
        case 1:
            return window.openWorkspace(u"w%1"_s.arg(below(4)));
        case 2:
        case 3:
            return window.openChannel(u"c%1"_s.arg(below(6)));
        case 4:
        case 5:
            return window.openUser(user.toString());
        case 6:
        case 7:
            return window.showPage(static_cast<MainWindow::PageId>(below(MainWindow::ConnectId)));
        case 8:
            return actions.setStatus(user, {.status = static_cast<Status>(below(5))});
        case 9:
            return actions.clearStatus(user);
        case 10:
            return actions.disconnectDevice(user, DeviceId("d" + QByteArray::number(below(2))));
        default:
            return actions.forgetGhost(user, DeviceId("d0"), anySessionOf(window, user));
        }
    }

    static SessionId anySessionOf(MainWindow &window, const UserId &user)
    {
        const auto &sessions = window.models().user.details().sessions;
        const bool isShown = window.models().user.user() == user && !sessions.empty();
        return isShown ? sessions.front().session : SessionId("0badc0de-1");
    }

    bool breakRedis()
    {
        ++m_faults;
        switch (below(3)) {
        case 0:
            return m_redis.restart();
        case 1:
            if (!m_redis.kill())
                return false;
            QTest::qWait(3000);
            return m_redis.start();
        default:
            m_redis.freeze();
            QTest::qWait(3000);
            m_redis.thaw();
            return true;
        }
    }

    /// All are here, see their workspace, and want to be seen.
    bool isCalm()
    {
        bool isSo = true;
        for (const auto &person : m_people) {
            if (!person->isConnected()) {
                person->connect();
                isSo = false;
            }
            isSo = person->isPresent() && person->hasState() && isSo;
        }
        if (isSo) {
            for (const auto &person : m_people)
                person->settle();
        }
        return isSo;
    }

    /// What somebody holds that the service does not say; empty when all agree.
    QString difference()
    {
        for (int i = 0; i < 4; ++i) {
            const QString workspace = u"w%1"_s.arg(i);
            RestClient rest(m_ports.front(), tokenFor(u"observer"_s));
            const RestResponse page
                = rest.get(u"/api/presence/workspace/%1/online?limit=1000"_s.arg(workspace));
            QSet<QString> online;
            for (const QJsonValue &user : page.json()["users"_L1].toArray())
                online.insert(user["id"_L1].toString());
            if (online.size() != 50)
                return u"%1 are online in %2"_s.arg(online.size()).arg(workspace);
            for (const auto &person : m_people) {
                if (person->workspace() == workspace && person->view() != online)
                    return u"%1 sees %2"_s.arg(person->user()).arg(person->view().size());
            }
        }
        for (const auto &window : m_windows) {
            UsersModel &users = window->models().users;
            if (users.workspace().isEmpty())
                users.watch(WorkspaceId("w0"));
            if (users.isLoading() || users.total() != 50)
                return u"a dashboard shows %1"_s.arg(users.total());
        }
        return {};
    }

    RedisDeployment m_redis{{.appendOnly = true}, RedisDeployment::Kind::Single};
    std::vector<std::unique_ptr<DaemonProcess>> m_nodes;
    std::vector<quint16> m_ports;
    QRandomGenerator m_random;
    std::vector<std::unique_ptr<Person>> m_people;
    std::vector<std::unique_ptr<MainWindow>> m_windows;
    int m_acts = 0;
    int m_operations = 0;
    int m_faults = 0;
};

PRESENCE_WIDGET_TEST(TestSoak)
#include "tst_soak.moc"
