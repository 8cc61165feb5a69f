// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "daemonfixture.h"
#include "tests/support/asyncclient.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QTcpSocket>

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static const QJsonObject kOnline{{"status"_L1, "online"_L1}};
static const QJsonObject kBusy{{"status"_L1, "busy"_L1}};
static const QString kAliceStatus = u"/api/presence/users/alice/status"_s;

/// What came back is a refusal that says when to try again.
static QString faultAsSlowDown(const RestResponse &response, const QString &limit)
{
    if (const QString fault = response.faultAsProblem(429); !fault.isEmpty())
        return fault;
    if (response.json()["limit"_L1].toString() != limit)
        return u"limit: "_s + response.json()["limit"_L1].toString();
    if (response.header("Retry-After").toInt() < 1
        || response.json()["retry_after_ms"_L1].toInt() < 1)
        return u"not when"_s;
    return {};
}

static QString faultAsSlowDown(const QJsonObject &reply, const QString &limit)
{
    const QJsonObject response = reply["response"_L1].toObject();
    if (reply["status"_L1] != "error"_L1 || response["reason"_L1] != "slow_down"_L1
        || response["limit"_L1] != limit || response["retry_after_ms"_L1].toInt() < 1)
        return QString::fromUtf8(QJsonDocument(reply).toJson());
    return {};
}

class TestLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_fixture.emplace();
        QVERIFY(m_fixture->start());
    }
    void cleanup()
    {
        m_clients.clear();
        QCOMPARE(m_fixture->daemon.stop(), 0);
        m_fixture.reset();
    }

    void aStatusChangesSoOften()
    {
        start({{u"LIMIT_USER_CHANGES"_s, u"1/m burst=20"_s}});
        RestClient alice = m_fixture->as(u"alice"_s);
        RestClient service = m_fixture->as(u"service"_s, {{"scope"_L1, "service"_L1}});
        // With whatever token, and by DELETE.
        for (int i = 0; i < 9; ++i) {
            QCOMPARE(alice.put(kAliceStatus, kBusy).status, 200);
            QCOMPARE(service.put(kAliceStatus, kOnline).status, 200);
        }
        QCOMPARE(alice.del(kAliceStatus).status, 200);
        QCOMPARE(alice.del(kAliceStatus).status, 200);
        QCOMPARE(faultAsSlowDown(alice.put(kAliceStatus, kBusy), u"user_changes"_s), QString());
        QCOMPARE(faultAsSlowDown(service.put(kAliceStatus, kBusy), u"user_changes"_s), QString());
        AsyncClient &socket = client(u"alice"_s);
        join(socket, u"presence:alice"_s);
        QCOMPARE(faultAsSlowDown(push(socket, u"presence:alice"_s, u"set_status"_s, kBusy),
                                 u"user_changes"_s),
                 QString());
        // Nobody else's, and no operator.
        QCOMPARE(m_fixture->as(u"bob"_s).put(u"/api/presence/users/bob/status"_s, kBusy).status,
                 200);
        QCOMPARE(m_fixture->asAdmin().put(kAliceStatus, kBusy).status, 200);
        QVERIFY(metrics().contains("presence_limited_total{limit=\"user_changes\"} 3"));
    }

    void aDeviceMovesSoOften()
    {
        RestClient alice = m_fixture->as(u"alice"_s);
        const auto beat = [&](const QString &device, int workspace) {
            return alice.post(
                u"/api/presence/heartbeat"_s,
                {{"device_id"_L1, device}, {"workspace_id"_L1, u"w%1"_s.arg(workspace)}});
        };
        for (int i = 0; i <= 5; ++i)
            QCOMPARE(beat(u"tv"_s, i).status, 204);
        QCOMPARE(faultAsSlowDown(beat(u"tv"_s, 6), u"device_moves"_s), QString());
        QCOMPARE(beat(u"tv"_s, 5).status, 204);
        QCOMPARE(beat(u"phone"_s, 6).status, 204);
        AsyncClient &socket = client(u"alice"_s);
        const QString joined = socket.join(
            u"presence:alice"_s, {{"device_id"_L1, "tv"_L1}, {"workspace_id"_L1, "w7"_L1}});
        QTRY_VERIFY(socket.reply(joined));
        QCOMPARE(faultAsSlowDown(*socket.reply(joined), u"device_moves"_s), QString());
        // What is left of the workspaces that it was in goes within minutes.
        QTRY_COMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:online:w0"_s}), "0"_ba);
        for (const auto &pattern : {u"presence:workspace:%1"_s, u"presence:workspace:%1:left"_s}) {
            const int left = m_fixture->cli({u"TTL"_s, pattern.arg(u"w0"_s)}).toInt();
            QVERIFY2(left > 0 && left <= 180, qPrintable(pattern));
        }
        const int used = m_fixture->cli({u"TTL"_s, u"presence:workspace:w5"_s}).toInt();
        QVERIFY(used > 3600);
    }

    void readsOfOneAreLimitedByRows()
    {
        start({{u"LIMIT_USER_ROWS"_s, u"10/s burst=24000"_s}});
        RestClient alice = m_fixture->as(u"alice"_s);
        QJsonArray ids;
        for (int i = 0; i < 1000; ++i)
            ids.append(u"nobody-%1"_s.arg(i));
        int refused = 0;
        for (int i = 0; i < 80 && refused == 0; ++i) {
            const auto response = alice.post(u"/api/presence/bulk"_s, {{"user_ids"_L1, ids}});
            if (response.status == 200) {
                QCOMPARE(response.array().size(), 1000);
                continue;
            }
            QCOMPARE(faultAsSlowDown(response, u"user_rows"_s), QString());
            ++refused;
        }
        QCOMPARE(refused, 1);
        // Watching reads as well, on each connection, and so does a channel that is joined anew.
        AsyncClient &socket = client(u"alice"_s);
        join(socket, u"presence:alice"_s);
        // Watching may leave a debt, so that all tabs of a user can come back; then it is refused.
        const auto watch = [&] {
            return push(socket, u"presence:alice"_s, u"watch"_s, {{"user_ids"_L1, ids}});
        };
        QCOMPARE(watch()["status"_L1], "ok"_L1);
        QCOMPARE(faultAsSlowDown(watch(), u"user_rows"_s), QString());
        QCOMPARE(
            m_fixture->as(u"bob"_s).post(u"/api/presence/bulk"_s, {{"user_ids"_L1, ids}}).status,
            200);
    }

    void whoeverJoinsAgainAndAgainReadsNoMore()
    {
        start({{u"LIMIT_USER_ROWS"_s, u"10/s burst=24000"_s}});
        AsyncClient &socket = client(u"alice"_s);
        QJsonArray ids;
        for (int i = 0; i < 4'000; ++i)
            ids.append(u"nobody-%1"_s.arg(i));
        int joined = 0;
        QJsonObject last;
        for (; joined < 20; ++joined) {
            const QString ref = socket.join(u"presence:alice"_s, {{"watch"_L1, ids}});
            QTRY_VERIFY(socket.reply(ref));
            last = *socket.reply(ref);
            if (last["status"_L1] != "ok"_L1)
                break;
        }
        // 24,000 at once, and what was owed for the last of them.
        QVERIFY2(joined >= 6 && joined < 14, qPrintable(QString::number(joined)));
        QCOMPARE(faultAsSlowDown(last, u"user_rows"_s), QString());
    }

    void aUserWatchesSoManyWithAllItsConnections()
    {
        start({{u"LIMIT_USER_WATCHED"_s, u"20000"_s}});
        QJsonArray ids;
        for (int i = 0; i < 4'000; ++i)
            ids.append(u"nobody-%1"_s.arg(i));
        for (int i = 0; i < 5; ++i) {
            AsyncClient &socket = client(u"alice"_s);
            join(socket, u"presence:alice"_s);
            QCOMPARE(
                push(socket, u"presence:alice"_s, u"watch"_s, {{"user_ids"_L1, ids}})["status"_L1],
                "ok"_L1);
        }
        AsyncClient &socket = client(u"alice"_s);
        join(socket, u"presence:alice"_s);
        const QJsonObject one{{"user_ids"_L1, QJsonArray{"bob"_L1}}};
        const QJsonObject refused = push(socket, u"presence:alice"_s, u"watch"_s, one);
        QCOMPARE(refused["response"_L1].toObject()["reason"_L1], "watching too many users"_L1);
        // What ends is free again.
        m_clients.front()->close();
        QTRY_COMPARE(push(socket, u"presence:alice"_s, u"watch"_s, one)["status"_L1], "ok"_L1);
    }

    void aUserHasSoManyConnections()
    {
        m_fixture.reset();
        m_fixture.emplace(DaemonProcess::Environment{{u"LIMIT_USER_CONNECTIONS"_s, u"2"_s}});
        QVERIFY(m_fixture->start());
        join(client(u"alice"_s), u"presence:alice"_s);
        join(client(u"alice"_s), u"presence:alice"_s);
        RestClient poll = m_fixture->as(u"alice"_s);
        const auto open = [&] {
            return poll.get(u"/socket/longpoll?vsn=2.0.0&token="_s
                            + QString::fromLatin1(tokenFor(u"alice"_s)));
        };
        const RestResponse refused = open();
        QCOMPARE(refused.status, 429);
        QVERIFY(refused.header("Retry-After").toInt() > 0);
        const auto handshake = say(
            "GET /socket/websocket?vsn=2.0.0&token=" + tokenFor(u"alice"_s)
            + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        QTRY_VERIFY(handshake->peek(64).startsWith("HTTP/1.1 429 "));
        join(client(u"bob"_s), u"presence:bob"_s);
        m_clients.front()->close();
        QVERIFY(QTest::qWaitFor([&] { return open().status == 200; }));
    }

    void nobodySendsABodyWithoutAToken_data()
    {
        QTest::addColumn<QByteArray>("fields");
        QTest::addColumn<QByteArray>("answer");
        const QByteArray length = "Content-Length: 261120\r\n";
        const QByteArray json = "Content-Type: application/json\r\n";
        const QByteArray bearer = "Authorization: Bearer ";
        QTest::newRow("none") << length + json << "HTTP/1.1 401 "_ba;
        QTest::newRow("none, expecting to be told to go on")
            << length + json + "Expect: 100-continue\r\n"
            << "HTTP/1.1 401 "_ba;
        QTest::newRow("none, in chunks")
            << "Transfer-Encoding: chunked\r\n" + json << "HTTP/1.1 401 "_ba;
        QTest::newRow("a wrong one") << length + json + bearer + "x.y.z\r\n"
                                     << "HTTP/1.1 401 "_ba;
        QTest::newRow("a valid one, expecting to be told to go on")
            << length + json + bearer + tokenFor(u"alice"_s) + "\r\nExpect: 100-continue\r\n"
            << "HTTP/1.1 100 "_ba;
    }

    void nobodySendsABodyWithoutAToken()
    {
        QFETCH(QByteArray, fields);
        QFETCH(QByteArray, answer);
        const auto socket
            = say("POST /api/presence/bulk HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
        QTRY_VERIFY(socket->bytesAvailable() > 12);
        QVERIFY2(socket->peek(64).startsWith(answer), socket->peek(64).constData());
        if (answer.contains(" 401 "))
            QTRY_COMPARE(socket->state(), QAbstractSocket::UnconnectedState);
    }

    void nobodyPostsToASessionThatIsNotThere()
    {
        const auto socket
            = say("POST /socket/longpoll?token=lp.presence.0.AAAA HTTP/1.1\r\nHost: x\r\n"
                  "Content-Length: 200000\r\n\r\n");
        QTRY_VERIFY(socket->bytesAvailable() > 12);
        QVERIFY(socket->readAll().contains("\"status\":410"));
        QTRY_COMPARE(socket->state(), QAbstractSocket::UnconnectedState);
    }

    void postsThatSayNothingAreSlowedToo_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("nothing") << "\n"_ba;
        QTest::newRow("one that is too long") << '[' + QByteArray(70'000, ' ') + ']';
        QTest::newRow("too many")
            << R"(["1","1","phoenix","heartbeat",{}])"_ba.append('\n').repeated(1'001);
    }

    void postsThatSayNothingAreSlowedToo()
    {
        QFETCH(QByteArray, body);
        start({{u"LIMIT_CONNECTION_MESSAGES"_s, u"1/m burst=20"_s}});
        RestClient alice = m_fixture->as(u"alice"_s);
        const QString path
            = u"/socket/longpoll?vsn=2.0.0&token=%1"_s.arg(QLatin1StringView(tokenFor(u"alice"_s)));
        const QByteArray session = alice.get(path).json()["token"_L1].toString().toLatin1();
        int status = 0;
        int posts = 0;
        for (; posts < 30 && status != 410; ++posts) {
            const RestResponse response = alice.send(
                "POST", path, body,
                {{"Content-Type", "application/x-ndjson"}, {"X-Phoenix-Longpoll-Token", session}});
            status = response.json()["status"_L1].toInt();
        }
        QCOMPARE(status, 410);
        QVERIFY(metrics().contains("presence_messages_in_total 0"));
    }

    void emptyLinesKeepNoConnection()
    {
        const auto socket = say("\r\n\r\n\r\n\r\n");
        QTest::qWait(50);
        QCOMPARE(socket->state(), QAbstractSocket::ConnectedState);
        socket->write("\r\n");
        QTRY_COMPARE(socket->state(), QAbstractSocket::UnconnectedState);
        QVERIFY(socket->readAll().startsWith("HTTP/1.1 400 "));
    }

    void whoTriesTokensHasToWait()
    {
        start({{u"LIMIT_ADDRESS_UNAUTHENTICATED"_s, u"1/m burst=20"_s}});
        RestClient stranger(m_fixture->daemon.port(), "x.y.z");
        RestResponse response;
        for (int i = 0; i < 1000 && response.status != 429; ++i)
            response = stranger.get(u"/api/presence/users/alice"_s);
        QCOMPARE(faultAsSlowDown(response, u"address_unauthenticated"_s), QString());
        // Whatever it is that is asked, and by long polling; but probes are answered.
        QCOMPARE(stranger.get(u"/nowhere"_s).status, 429);
        QCOMPARE(stranger.get(u"/socket/longpoll?vsn=2.0.0&token=x.y.z"_s).status, 429);
        QCOMPARE(stranger.get(u"/health/live"_s).status, 200);
        // Who has one does not.
        QCOMPARE(m_fixture->as(u"alice"_s).get(u"/api/presence/users/alice"_s).status, 200);
    }

    void proxiesSayWhoTheClientIs()
    {
        m_fixture.reset();
        m_fixture.emplace(
            DaemonProcess::Environment{{u"TRUSTED_PROXIES"_s, u"127.0.0.1"_s},
                                       {u"LIMIT_ADDRESS_UNAUTHENTICATED"_s, u"1/m burst=1"_s}});
        QVERIFY(m_fixture->start());
        RestClient stranger(m_fixture->daemon.port(), "x.y.z");
        const auto from = [&](const QByteArray &address) {
            return stranger
                .send("GET", u"/api/presence/users/alice"_s, {}, {{"X-Forwarded-For", address}})
                .status;
        };
        QCOMPARE(from("192.0.2.1"), 401);
        QCOMPARE(from("192.0.2.1"), 429);
        QCOMPARE(from("192.0.2.2"), 401);
        // Who pretends to come by way of another.
        QCOMPARE(from("192.0.2.9, 192.0.2.1"), 429);
    }

    void newcomersGetInThoughOneAddressHasEveryConnection()
    {
        m_fixture.reset();
        m_fixture.emplace(DaemonProcess::Environment{{u"LIMIT_ADDRESS_CONNECTIONS"_s, u"100000"_s},
                                                     {u"LIMIT_CONNECTIONS"_s, u"200"_s}});
        QVERIFY(m_fixture->start());
        std::vector<std::unique_ptr<QTcpSocket>> idle;
        for (int i = 0; i < 400; ++i)
            idle.push_back(say("GET "));
        QTRY_VERIFY(std::ranges::any_of(idle, [](const auto &socket) {
            return socket->state() == QAbstractSocket::UnconnectedState;
        }));
        QCOMPARE(m_fixture->as(u"alice"_s).get(u"/api/presence/users/alice"_s).status, 200);
        join(client(u"alice"_s), u"presence:alice"_s);
    }

    void emptyFramesAreReadSlowly()
    {
        const auto socket
            = say("GET /socket/websocket?vsn=2.0.0&token=" + tokenFor(u"alice"_s)
                  + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        QTRY_VERIFY(socket->bytesAvailable() > 0);
        // The begin of a text, and continuations of it with nothing in them.
        socket->write(QByteArray::fromHex("018000000000"));
        const QByteArray frames = QByteArray::fromHex("008000000000").repeated(10'000);
        for (int i = 0; i < 100; ++i)
            socket->write(frames);
        QTRY_VERIFY(metrics().contains("presence_limited_total{limit=\"connection_messages\"} 1"));
        const int before = bytesIn();
        QTest::qWait(500);
        // 800 frames of 6 bytes a second, and a read ahead.
        QVERIFY2(bytesIn() - before < 50'000, qPrintable(QString::number(bytesIn() - before)));
    }

    void whatOperatorsReadIsNotForAll()
    {
        RestClient admin = m_fixture->asAdmin();
        QCOMPARE(m_fixture->asNobody().get(u"/metrics"_s).status, 401);
        QCOMPARE(m_fixture->as(u"alice"_s).get(u"/metrics"_s).status, 403);
        QCOMPARE(admin.get(u"/metrics"_s).status, 200);
        const QJsonObject health = m_fixture->asNobody().get(u"/health"_s).json();
        QCOMPARE(health.keys(),
                 (QStringList{u"presence"_s, u"redis"_s, u"status"_s, u"version"_s}));
        QCOMPARE(health["redis"_L1].toObject().keys(),
                 (QStringList{u"connected"_s, u"connected_clients"_s, u"latency_us"_s,
                              u"memory_used"_s}));
        QVERIFY(admin.get(u"/health"_s).json()["redis"_L1].toObject().contains("deployment"_L1));
        const QJsonArray limits = admin.get(u"/health"_s).json()["limits"_L1].toArray();
        const auto isOfChanges
            = [](const QJsonValue &row) { return row["variable"_L1] == "LIMIT_USER_CHANGES"_L1; };
        const auto row = std::ranges::find_if(limits, isOfChanges);
        QVERIFY(row != limits.end());
        QCOMPARE((*row)["value"_L1], "30/m burst=20"_L1);
    }

    void metricsHaveAnAddressOfTheirOwn()
    {
        m_fixture.reset();
        m_fixture.emplace(DaemonProcess::Environment{{u"METRICS_BIND"_s, u"127.0.0.1:0"_s},
                                                     {u"LOG_LEVEL"_s, u"info"_s}});
        QVERIFY(m_fixture->start());
        static const QRegularExpression line(u"Metrics: http://127.0.0.1:(\\d+)/metrics"_s);
        QRegularExpressionMatch match;
        QTRY_VERIFY((match = line.match(QString::fromUtf8(m_fixture->daemon.output()))).hasMatch());
        RestClient nobody(match.captured(1).toUShort());
        QVERIFY(nobody.get(u"/metrics"_s).body.contains("presence_online_users"));
        QVERIFY(nobody.get(u"/health"_s).json().contains("limits"_L1));
        QCOMPARE(nobody.get(u"/api/presence/users/alice"_s).status, 404);
        QCOMPARE(nobody.post(u"/metrics"_s, {}).status, 405);
    }

private:
    /// With these variables instead.
    void start(const DaemonProcess::Environment &environment)
    {
        m_fixture.reset();
        m_fixture.emplace(environment);
        QVERIFY(m_fixture->start());
    }

    AsyncClient &client(const QString &user)
    {
        return *m_clients.emplace_back(
            std::make_unique<AsyncClient>(m_fixture->daemon.port(), tokenFor(user), nullptr));
    }

    static void join(AsyncClient &client, const QString &topic)
    {
        const QString ref = client.join(topic);
        QTRY_VERIFY(client.reply(ref));
        QCOMPARE((*client.reply(ref))["status"_L1], "ok"_L1);
    }

    static QJsonObject push(AsyncClient &client, const QString &topic, const QString &event,
                            const QJsonObject &payload)
    {
        const QString ref = client.push(topic, event, payload);
        return QTest::qWaitFor([&] { return client.reply(ref).has_value(); }, 20'000)
            ? *client.reply(ref)
            : QJsonObject();
    }

    /// A connection that says just this.
    std::unique_ptr<QTcpSocket> say(const QByteArray &bytes) const
    {
        auto socket = std::make_unique<QTcpSocket>();
        socket->connectToHost(u"127.0.0.1"_s, m_fixture->daemon.port());
        socket->write(bytes);
        return socket;
    }

    QByteArrayList metrics() const
    {
        RestClient admin = m_fixture->asAdmin();
        return admin.get(u"/metrics"_s).body.split('\n');
    }

    int bytesIn() const
    {
        for (const QByteArray &line : metrics()) {
            if (line.startsWith("presence_bytes_in_total "))
                return line.split(' ').last().toInt();
        }
        return -1;
    }

    std::optional<DaemonFixture> m_fixture;
    std::vector<std::unique_ptr<AsyncClient>> m_clients;
};

PRESENCE_TEST(TestLimits)
#include "tst_limits.moc"
