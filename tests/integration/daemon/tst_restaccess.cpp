// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/testregistry.h"

#include <QDateTime>
#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

static QByteArray unsignedToken()
{
    const auto encode = [](const QByteArray &json) {
        return json.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
    };
    return encode(R"({"alg":"none","typ":"JWT"})") + '.' + encode(R"({"sub":"alice"})") + '.';
}

/// Who may call what: 401 and 403.
class TestRestAccess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_fixture.start()); }
    void cleanupTestCase() { QCOMPARE(m_fixture.daemon.stop(), 0); }

    void everyCallNeedsAToken_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QString>("path");
        QTest::newRow("user") << "GET"_ba << u"/api/presence/users/a"_s;
        QTest::newRow("status") << "PUT"_ba << u"/api/presence/users/a/status"_s;
        QTest::newRow("clear status") << "DELETE"_ba << u"/api/presence/users/a/status"_s;
        QTest::newRow("device") << "DELETE"_ba << u"/api/presence/users/a/devices/d"_s;
        QTest::newRow("devices") << "DELETE"_ba << u"/api/presence/users/a/devices"_s;
        QTest::newRow("heartbeat") << "POST"_ba << u"/api/presence/heartbeat"_s;
        QTest::newRow("online") << "GET"_ba << u"/api/presence/workspace/w/online"_s;
        QTest::newRow("bulk") << "POST"_ba << u"/api/presence/bulk"_s;
        QTest::newRow("viewers") << "GET"_ba << u"/api/presence/channel/c/viewers"_s;
        QTest::newRow("typing") << "GET"_ba << u"/api/presence/channel/c/typing"_s;
    }
    void everyCallNeedsAToken()
    {
        QFETCH(QByteArray, method);
        QFETCH(QString, path);
        const RestResponse response
            = m_fixture.asNobody().send(method, path, "{}", {{"Content-Type", "application/json"}});
        QCOMPARE(response.faultAsProblem(401), QString());
        QVERIFY(response.header("WWW-Authenticate").startsWith("Bearer"));
    }

    void aTokenThatIsNotValidIsNone_data()
    {
        const auto header = [](const QByteArray &token) { return "Bearer " + token; };
        const qint64 now = QDateTime::currentSecsSinceEpoch();
        QTest::addColumn<QByteArray>("authorization");
        QTest::newRow("another scheme") << "Basic YTpi"_ba;
        QTest::newRow("empty") << "Bearer "_ba;
        QTest::newRow("garbage") << header("garbage");
        QTest::newRow("dots") << header("..");
        QTest::newRow("not signed") << header(unsignedToken());
        QTest::newRow("another secret")
            << header(presence::auth::signToken({{"sub"_L1, "alice"_L1}}, QByteArray(32, 'x')));
        QTest::newRow("expired") << header(tokenFor(u"alice"_s, {{"exp"_L1, now - 60}}));
        QTest::newRow("not yet") << header(tokenFor(u"alice"_s, {{"nbf"_L1, now + 600}}));
        QTest::newRow("cut short") << header(tokenFor(u"alice"_s).chopped(1));
        QTest::newRow("of nobody") << header(presence::auth::signToken({}, kSecret));
        QTest::newRow("of nobody possible") << header(tokenFor(u"a b"_s));
    }
    void aTokenThatIsNotValidIsNone()
    {
        QFETCH(QByteArray, authorization);
        const RestResponse response = m_fixture.asNobody().send(
            "GET", u"/api/presence/users/alice"_s, {}, {{"Authorization", authorization}});
        QCOMPARE(response.faultAsProblem(401), QString());
        QVERIFY(response.header("WWW-Authenticate").startsWith("Bearer"));
    }

    void theSchemeIsWrittenInAnyCase()
    {
        const RestResponse response
            = m_fixture.asNobody().send("GET", u"/api/presence/users/alice"_s, {},
                                        {{"Authorization", "bEARER " + tokenFor(u"alice"_s)}});
        QCOMPARE(response.status, 200);
    }

    void whatATokenDoesNotAllowIsForbidden_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("another's status")
            << "PUT"_ba << u"/api/presence/users/bob/status"_s << R"({"status":"busy"})"_ba;
        QTest::newRow("clearing another's status")
            << "DELETE"_ba << u"/api/presence/users/bob/status"_s << ""_ba;
        QTest::newRow("another's device")
            << "DELETE"_ba << u"/api/presence/users/bob/devices/d"_s << ""_ba;
        QTest::newRow("another's devices")
            << "DELETE"_ba << u"/api/presence/users/bob/devices"_s << ""_ba;
        QTest::newRow("another's heartbeat") << "POST"_ba << u"/api/presence/heartbeat"_s
                                             << R"({"user_id":"bob","device_id":"d"})"_ba;
        QTest::newRow("entering another workspace")
            << "POST"_ba << u"/api/presence/heartbeat"_s
            << R"({"device_id":"d","workspace_id":"other"})"_ba;
        QTest::newRow("another workspace")
            << "GET"_ba << u"/api/presence/workspace/other/online"_s << ""_ba;
        QTest::newRow("another channel's viewers")
            << "GET"_ba << u"/api/presence/channel/8/viewers"_s << ""_ba;
        QTest::newRow("another channel's typing")
            << "GET"_ba << u"/api/presence/channel/8/typing"_s << ""_ba;
    }
    void whatATokenDoesNotAllowIsForbidden()
    {
        QFETCH(QByteArray, method);
        QFETCH(QString, path);
        QFETCH(QByteArray, body);
        RestClient alice = m_fixture.as(
            u"alice"_s,
            {{"workspaces"_L1, QJsonArray{"acme"_L1}}, {"channels"_L1, QJsonArray{"7"_L1}}});
        const RestResponse response
            = alice.send(method, path, body, {{"Content-Type", "application/json"}});
        QCOMPARE(response.faultAsProblem(403), QString());
        QCOMPARE(m_fixture.cli({u"EXISTS"_s, u"presence:user:bob"_s}), "0"_ba);
        QCOMPARE(m_fixture.cli({u"EXISTS"_s, u"presence:user:alice"_s}), "0"_ba);
    }

    void anAdminIsRestrictedToNothing()
    {
        RestClient admin = m_fixture.as(u"root"_s,
                                        {{"scope"_L1, "admin"_L1},
                                         {"workspaces"_L1, QJsonArray()},
                                         {"channels"_L1, QJsonArray()}});
        QCOMPARE(admin.get(u"/api/presence/workspace/other/online"_s).status, 200);
        QCOMPARE(admin.get(u"/api/presence/channel/8/viewers"_s).status, 200);
        QCOMPARE(admin.put(u"/api/presence/users/carl/status"_s, {{"status"_L1, "busy"_L1}}).status,
                 200);
    }

    // A line for what happens often, with how often it did.
    void denialsAndActionsAreLogged()
    {
        DaemonFixture fixture(
            {{u"LOG_LEVEL"_s, u"info"_s}, {u"AUTH_ORIGINS"_s, u"https://app.example.com"_s}});
        QVERIFY(fixture.start());
        for (int i = 0; i < 50; ++i)
            QCOMPARE(fixture.asNobody().get(u"/api/presence/users/a?secret=1"_s).status, 401);
        QTRY_VERIFY(fixture.daemon.output().contains(
            "Denied address=127.0.0.1 what=GET:/api/presence/users/a why=\"a bearer token is "
            "needed\" refusals=1"));
        QCOMPARE(fixture.as(u"bob"_s).get(u"/api/presence/nodes"_s).status, 403);
        QTRY_VERIFY(
            fixture.daemon.output().contains("Denied user=bob what=GET:/api/presence/nodes "));
        QCOMPARE(fixture.as(u"carl"_s).del(u"/api/presence/users/bob/devices"_s).status, 403);
        QTRY_VERIFY(fixture.daemon.output().contains("Denied user=carl what=DELETE:"));
        QCOMPARE(fixture.asAdmin()
                     .put(u"/api/presence/users/bob/status"_s, {{"status"_L1, "busy"_L1}})
                     .status,
                 200);
        QTRY_VERIFY(fixture.daemon.output().contains(
            "Action what=PUT:/api/presence/users/bob/status user=ops status=200"));
        QCOMPARE(fixture.daemon.stop(), 0);
        const QByteArray output = fixture.daemon.output();
        QVERIFY(!output.contains("secret=1"));
        QCOMPARE(output.count("Denied address="), 1);
    }

private:
    DaemonFixture m_fixture;
};

PRESENCE_TEST(TestRestAccess)
#include "tst_restaccess.moc"
