// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/actions.h"
#include "admin/model/channelsmodel.h"
#include "admin/model/eventlogmodel.h"
#include "admin/model/ghostsmodel.h"
#include "admin/model/incidentsmodel.h"
#include "admin/model/userdetailsmodel.h"
#include "admin/model/usersmodel.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QAbstractItemModelTester>
#include <QRegularExpression>
#include <QSignalSpy>

#include <optional>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Each model against a real daemon, with a tester that looks at every signal.
class TestModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.redis.start());
        m_daemon.emplace(m_fixture.with({}));
        QVERIFY(m_daemon->start());
        m_port = m_daemon->port();
        m_connection.open({u"test"_s, QUrl(u"http://127.0.0.1:%1"_s.arg(m_port)), {}},
                          tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        QTRY_VERIFY(m_overview.hasData());
    }
    void cleanupTestCase()
    {
        m_connection.close();
        QCOMPARE(m_daemon->stop(), 0);
    }

    void theOverviewIsLive()
    {
        const auto amy = device(u"amy"_s, u"figures"_s);
        QVERIFY(!m_overview.isStale());
        QTRY_VERIFY(m_overview.now().figures.devices >= 1);
        NodesModel nodes(m_overview);
        WorkspacesModel workspaces(m_overview);
        const auto testers = watch({&nodes, &workspaces});
        QTRY_COMPARE(nodes.rowCount(), 1);
        QVERIFY(nodes.index(0, 0).data(WarningRole).toString().isEmpty());
        QTRY_VERIFY(workspaces.rowCount() >= 1);
    }

    /// Joins within one second are in the hour as many as they were, and who looks from now on sees
    /// the same hour.
    void theHourHasAllThatWasCounted()
    {
        const auto &hour = m_overview.history().hour();
        QTRY_VERIFY_WITH_TIMEOUT(!hour.empty(), 15'000);
        const Figures first = hour.back();
        constexpr int kJoins = 30;
        std::vector<std::unique_ptr<PhoenixClient>> guests;
        for (int i = 0; i < kJoins; ++i)
            guests.push_back(device(u"guest%1"_s.arg(i), u"guests"_s));
        const auto counted = [&] { return hour.back().totals.joins - first.totals.joins; };
        QTRY_VERIFY_WITH_TIMEOUT(counted() >= kJoins, 30'000);
        double joins = 0;
        double peak = 0;
        for (size_t i = 1; i < hour.size(); ++i) {
            if (hour[i].time <= first.time)
                continue;
            const std::chrono::duration<double> interval = hour[i].time - hour[i - 1].time;
            joins += hour[i].joins * interval.count();
            peak = std::max(peak, hour[i].peak.joins);
            QVERIFY(hour[i].peak.joins >= hour[i].joins);
        }
        QVERIFY2(std::abs(joins - double(counted())) < 0.5, qPrintable(QString::number(joins)));
        QVERIFY(peak > 0);
        Connection connection;
        OverviewModel other(connection);
        connection.open({u"other"_s, QUrl(u"http://127.0.0.1:%1"_s.arg(m_port)), {}},
                        tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        QTRY_VERIFY(other.hasData());
        QTRY_COMPARE(other.history().hour(), hour);
    }

    void usersComeChangeAndLeave()
    {
        UsersModel users(m_overview);
        const auto testers = watch({&users});
        std::vector<std::unique_ptr<PhoenixClient>> members;
        for (const QString &name : {u"bob"_s, u"cid"_s, u"dan"_s})
            members.push_back(device(name, u"team"_s));
        users.watch(WorkspaceId("team"));
        QTRY_COMPARE(users.rowCount(), 3);
        QVERIFY(!users.isLoading());
        members[1]->push(u"presence:cid"_s, u"set_status"_s,
                         {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "talks"_L1}});
        QTRY_COMPARE(users.userAt(1)->view.customMessage, "talks"_ba);
        members.push_back(device(u"eve"_s, u"team"_s));
        members.erase(members.begin());
        QTRY_COMPARE(names(users), QStringList({u"cid"_s, u"dan"_s, u"eve"_s}));
    }

    void everyCharacterOfAnIdentifierIsShown()
    {
        const QString odd = u"!#$%&'()*+,-./:;=?@[]_|~%1&&2"_s;
        UsersModel users(m_overview);
        UserDetailsModel details(m_overview);
        const auto testers = watch({&users, &details.sessions()});
        const auto user = device(odd, odd);
        users.watch(WorkspaceId(odd.toLatin1()));
        QTRY_COMPARE(names(users), QStringList({odd}));
        details.watch(UserId(odd.toLatin1()));
        details.setActive(true);
        QTRY_COMPARE(details.sessions().rowCount(), 1);
    }

    /// The daemon is killed, everything changes, and it comes back.
    void afterAReconnectUsersAreAsTheyAre()
    {
        UsersModel users(m_overview);
        const auto testers = watch({&users});
        auto stays = device(u"stays"_s, u"crew"_s);
        auto goes = device(u"goes"_s, u"crew"_s);
        users.watch(WorkspaceId("crew"));
        QTRY_COMPARE(users.rowCount(), 2);
        const QPersistentModelIndex row = users.index(1, UsersModel::UserColumn);
        QCOMPARE(row.data().toString(), u"stays"_s);
        QSignalSpy reset(&users, &QAbstractItemModel::modelReset);

        m_daemon->kill();
        QTRY_VERIFY(m_overview.isStale());
        QCOMPARE(users.rowCount(), 2); // as it was, and known to be old
        m_daemon.emplace(m_fixture.with({{u"PRESENCE_PORT"_s, QString::number(m_port)}}));
        QVERIFY(m_daemon->start());
        stays = device(u"stays"_s, u"crew"_s);
        RestClient rest(m_port, tokenFor(u"goes"_s));
        QCOMPARE(rest.del(u"/api/presence/users/goes/devices/web"_s).status, 204);
        QTRY_COMPARE_WITH_TIMEOUT(names(users), QStringList({u"stays"_s}), 20'000);
        QVERIFY(row.isValid());
        QCOMPARE(reset.count(), 0);
        QTRY_VERIFY(!m_overview.isStale());
    }

    void aChannelIsLive()
    {
        ChannelsModel channels(m_overview);
        ChannelUsersModel inside(m_overview);
        const auto testers = watch({&channels, &inside});
        const auto vic = device(u"vic"_s, u"w"_s);
        vic->push(u"presence:vic"_s, u"join_channel"_s, {{"channel_id"_L1, "lounge"_L1}});
        channels.setMatch(u"loun"_s);
        channels.setActive(true);
        QTRY_COMPARE(channels.rowCount(), 1);
        QCOMPARE(channels.rows()[0].viewers, 1);
        inside.watch(ChannelId("lounge"));
        QTRY_COMPARE(inside.rowCount(), 1);
        vic->push(u"presence:vic"_s, u"typing_start"_s, {{"channel_id"_L1, "lounge"_L1}});
        QTRY_VERIFY(inside.rows()[0].typingUntil.has_value());
        vic->push(u"presence:vic"_s, u"leave_channel"_s, {{"channel_id"_L1, "lounge"_L1}});
        vic->push(u"presence:vic"_s, u"typing_stop"_s, {{"channel_id"_L1, "lounge"_L1}});
        QTRY_COMPARE(inside.rowCount(), 0);
    }

    void aUserIsExplainedAndActedUpon()
    {
        UserDetailsModel user(m_overview);
        Actions actions(m_overview);
        const auto testers = watch({&user.sessions(), &user.changes()});
        const auto una = device(u"una"_s, u"w"_s);
        user.watch(UserId("una"));
        user.setActive(true);
        QTRY_COMPARE(user.sessions().rowCount(), 1);
        QVERIFY(user.why().join(u' ').contains(u"a device is active"_s));
        QSignalSpy done(&actions, &Actions::done);
        actions.setStatus(UserId("una"), {.status = Status::Invisible});
        QTRY_COMPARE(done.count(), 1);
        QCOMPARE(done[0][1].toBool(), true);
        QTRY_VERIFY(user.why().join(u' ').contains(u"chose to be invisible"_s));
        QTRY_VERIFY(user.changes().rowCount() >= 2);
        actions.disconnectDevice(UserId("una"), DeviceId("web"));
        QCOMPARE(una->waitForClose(), 4002);
        QTRY_COMPARE(user.sessions().rowCount(), 0);
    }

    void anActionThatIsNotDoneSaysWhy()
    {
        Actions actions(m_overview);
        QSignalSpy done(&actions, &Actions::done);
        actions.setStatus(UserId("una"), {.customMessage = QByteArray(141, 'x')});
        QTRY_COMPARE(done.count(), 1);
        QCOMPARE(done[0][1].toBool(), false);
        QVERIFY(done[0][0].toString().contains(u"custom_message"_s));
    }

    void whatHappenedIsTold()
    {
        IncidentsModel incidents(m_overview);
        const auto testers = watch({&incidents});
        Actions actions(m_overview);
        actions.clearStatus(UserId("ida"));
        const auto row = [&incidents](const QString &where) {
            for (int i = 0; i < incidents.rowCount(); ++i) {
                if (incidents.index(i, IncidentsModel::WhereColumn).data() == where)
                    return i;
            }
            return -1;
        };
        QTRY_VERIFY(row(u"ida"_s) >= 0);
        const QString details
            = incidents.index(row(u"ida"_s), IncidentsModel::DetailsColumn).data().toString();
        QVERIFY2(details.contains(u"by olga"_s), qPrintable(details));
        // One that says more replaces what it is of.
        m_fixture.cli({u"XADD"_s, u"presence:incidents"_s, u"*"_s, u"time"_s, u"1700000000000"_s,
                       u"of"_s, u"1-1"_s, u"incident"_s, unreachable(u"waiting"_s)});
        QTRY_VERIFY(row(u"gone"_s) >= 0);
        m_fixture.cli({u"XADD"_s, u"presence:incidents"_s, u"*"_s, u"time"_s, u"1700000000000"_s,
                       u"of"_s, u"1-1"_s, u"incident"_s, unreachable(u"expired"_s)});
        const auto known = [&] { return m_overview.incidents()[size_t(row(u"gone"_s))].lost; };
        QTRY_VERIFY(known()->examples[0].outcome == LostUser::Outcome::Expired);
        const auto isOfNode = [](const IncidentRow &incident) { return incident.node == "gone"; };
        QCOMPARE(std::ranges::count_if(incidents.rows(), isOfNode), 1);
        QVERIFY(!incidents.index(row(u"gone"_s), 0).data(WarningRole).toString().isEmpty());
    }

    void ghostsAndFlappingAreFound()
    {
        GhostsModel ghosts(m_overview);
        FlappingModel flapping(m_overview);
        const auto testers = watch({&ghosts, &flapping});
        const auto gus = device(u"gus"_s, u"w"_s);
        const QByteArray session
            = QByteArray::number((m_fixture.now() + 20) * 1000) + " 1 a phone w";
        m_fixture.cli({u"HSET"_s, u"presence:user:gus"_s, u"session:0badc0de-1"_s,
                       QString::fromLatin1(session)});
        ghosts.search();
        QTRY_COMPARE(ghosts.rowCount(), 1);
        QVERIFY(ghosts.hasSearched());
        Actions actions(m_overview);
        actions.forgetGhost(UserId("gus"), DeviceId("phone"), SessionId("0badc0de-1"));
        QSignalSpy done(&actions, &Actions::done);
        QTRY_COMPARE(done.count(), 1);
        ghosts.search();
        QTRY_COMPARE(ghosts.rowCount(), 0);
        for (int i = 0; i < 4; ++i)
            device(u"flo"_s, u"w"_s).reset();
        const auto listed = [&flapping] {
            flapping.refresh();
            return flapping.rowCount() == 1;
        };
        QTRY_VERIFY(listed());
    }

    /// One command each, and for each it is told what became of it.
    void manyGhostsAreForgotten()
    {
        constexpr int kMany = 20;
        std::vector<GhostId> ghosts;
        for (int i = 0; i < kMany; ++i)
            ghosts.push_back(leaveGhost(u"ghost%1"_s.arg(i)));
        const GhostId gone{UserId("nobody"), DeviceId("phone"), SessionId("0badc0de-1")};
        ghosts.push_back(gone);
        const auto lea = device(u"lea"_s, u"w"_s);
        UserDetailsModel user(m_overview);
        user.watch(UserId("lea"));
        QTRY_COMPARE(user.sessions().rowCount(), 1);
        ghosts.push_back({UserId("lea"), DeviceId("web"), user.details().sessions[0].session});

        Actions actions(m_overview);
        BulkAction *action = actions.forgetGhosts(ghosts);
        const auto finished = finish(*action);
        QCOMPARE(finished.done, kMany);
        QCOMPARE(finished.gone, 1);
        QCOMPARE(finished.failures, QStringList({u"web of lea: session_id: is alive"_s}));
        QVERIFY2(finished.text.contains(u"web of lea"_s), qPrintable(finished.text));
        QCOMPARE(user.sessions().rowCount(), 1);
    }

    void whatIsCancelledIsNotSent()
    {
        constexpr int kMany = 20;
        std::vector<GhostId> ghosts;
        for (int i = 0; i < kMany; ++i)
            ghosts.push_back({UserId("none"), DeviceId("phone"), SessionId("0badc0de-1")});
        Actions actions(m_overview);
        BulkAction *action = actions.forgetGhosts(ghosts);
        connect(action, &BulkAction::progressed, action, &BulkAction::cancel);
        const auto finished = finish(*action);
        QCOMPARE(finished.gone, BulkAction::kMostAtOnce);
        QCOMPARE(finished.untried, kMany - BulkAction::kMostAtOnce);
        // Nor is anything without a connection.
        Connection connection;
        OverviewModel away(connection);
        Actions useless(away);
        const auto failed = finish(*useless.forgetGhosts(ghosts));
        QCOMPARE(failed.failures, QStringList());
        QCOMPARE(failed.untried, kMany);
        QVERIFY2(failed.text.startsWith(u"The connection ended."_s), qPrintable(failed.text));
    }

    void manyUsersAreDisconnectedAndHeld()
    {
        const auto kim = device(u"kim"_s, u"w"_s);
        const auto kay = device(u"kay"_s, u"w"_s);
        Actions actions(m_overview);
        const auto finished = finish(*actions.disconnectUsers(
            {UserId("kim"), UserId("kay"), UserId("nobody")}, std::chrono::minutes(5)));
        QCOMPARE(kim->waitForClose(), 4002);
        QCOMPARE(kay->waitForClose(), 4002);
        QCOMPARE(finished.done, 2);
        QCOMPARE(finished.gone, 1);
        const Milliseconds until = m_overview.clock().now() + std::chrono::minutes(5);
        const auto says
            = [&finished](Milliseconds time) { return finished.text.contains(timeText(time)); };
        QVERIFY2(says(until) || says(until - 1s) || says(until + 1s), qPrintable(finished.text));
        QVERIFY(finished.text.contains(u"A return takes a token issued after"_s));
        QSignalSpy done(&actions, &Actions::done);
        actions.disconnectUser(UserId("kim"), {});
        QTRY_COMPARE(done.count(), 1);
        QVERIFY(done[0][0].toString().contains(u"issued after"_s));
    }

    /// Of one that was held before, for longer, it is longer than for the others.
    void whenEachMayReturnIsTold()
    {
        Actions actions(m_overview);
        const auto one = finish(*actions.disconnectUsers({UserId("held")}, std::chrono::hours(1)));
        const QRegularExpression hour(u"issued after (.+);"_s);
        const QString late = hour.match(one.text).captured(1);
        QVERIFY2(!late.isEmpty(), qPrintable(one.text));
        const auto all = finish(
            *actions.disconnectUsers({UserId("held"), UserId("free")}, std::chrono::minutes(5)));
        const QRegularExpression range(u"after (.+?) to "_s + QRegularExpression::escape(late));
        const QString early = range.match(all.text).captured(1);
        QVERIFY2(!early.isEmpty() && early != late, qPrintable(all.text));
    }

    void eventsComeWhileTheyAreLookedAt()
    {
        EventLogModel events(m_overview);
        const auto testers = watch({&events});
        events.choose({{EventRow::Kind::Status}, u"ned"_s, {}, {}});
        events.setActive(true);
        const auto ned = device(u"ned"_s, u"w"_s);
        const auto ted = device(u"ted"_s, u"w"_s);
        // Until the daemon listens, nothing comes.
        int said = 0;
        const auto speak = [&] {
            for (const auto &[client, name] :
                 {std::pair{ned.get(), u"ned"_s}, std::pair{ted.get(), u"ted"_s}})
                client->push(
                    u"presence:"_s + name, u"set_status"_s,
                    {{"status"_L1, "busy"_L1}, {"custom_message"_L1, QString::number(++said)}});
            return events.rowCount() > 1;
        };
        QTRY_VERIFY(speak());
        for (int i = 0; i < events.rowCount(); ++i)
            QCOMPARE(events.index(i, 0).data(UserRole).toString(), u"ned"_s);
    }

private:
    static QString unreachable(const QString &outcome)
    {
        return u"{\"kind\":\"node_unreachable\",\"node\":\"gone\",\"devices\":1,\"lost\":"
               "{\"users\":1,\"examples\":[{\"user_id\":\"u\",\"outcome\":\"%1\"}]}}"_s.arg(
                   outcome);
    }

    struct Finished
    {
        qsizetype done = 0;
        qsizetype gone = 0;
        qsizetype untried = 0;
        QStringList failures;
        QString text;
    };
    static Finished finish(BulkAction &action)
    {
        Finished end;
        const QPointer<BulkAction> started(&action);
        connect(&action, &BulkAction::finished, &action, [&] {
            end = {action.done(), action.gone(), action.untried(), action.failures(),
                   action.resultText()};
        });
        action.start();
        if (!QTest::qWaitFor([&started] { return started.isNull(); }, 20'000))
            end.text = u"It has not finished."_s;
        return end;
    }

    /// A session of a node that is not known.
    GhostId leaveGhost(const QString &user)
    {
        m_fixture.cli({u"HSET"_s, u"presence:user:"_s + user, u"session:0badc0de-1"_s,
                       u"%1 1 a phone w"_s.arg((m_fixture.now() + 20) * 1000)});
        return {UserId(user.toLatin1()), DeviceId("phone"), SessionId("0badc0de-1")};
    }

    using Testers = std::vector<std::unique_ptr<QAbstractItemModelTester>>;
    static Testers watch(const std::initializer_list<QAbstractItemModel *> &models)
    {
        Testers testers;
        for (QAbstractItemModel *model : models)
            testers.push_back(std::make_unique<QAbstractItemModelTester>(
                model, QAbstractItemModelTester::FailureReportingMode::QtTest));
        return testers;
    }

    static QStringList names(const UsersModel &users)
    {
        QStringList list;
        for (int i = 0; i < users.rowCount(); ++i)
            list.append(users.userAt(i)->user.toString());
        return list;
    }

    std::unique_ptr<PhoenixClient> device(const QString &user, const QString &workspace)
    {
        auto client = std::make_unique<PhoenixClient>(m_port, tokenFor(user));
        if (client->open())
            client->join(u"presence:"_s + user,
                         {{"device_id"_L1, "web"_L1}, {"workspace_id"_L1, workspace}});
        return client;
    }

    DaemonFixture m_fixture;
    std::optional<DaemonProcess> m_daemon;
    quint16 m_port = 0;
    Connection m_connection;
    OverviewModel m_overview{m_connection};
};

PRESENCE_TEST(TestModels)
#include "tst_models.moc"
