// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "daemonfixture.h"
#include "tests/support/asyncclient.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QProcess>
#include <QTcpSocket>

#include <memory>

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// One connection that asks the same again as soon as it is answered, whatever the answer is.
class Repeater
{
public:
    Repeater(quint16 port, QByteArray request) : m_request(std::move(request))
    {
        QObject::connect(&m_socket, &QTcpSocket::connected, &m_socket, [this] { ask(); });
        QObject::connect(&m_socket, &QTcpSocket::readyRead, &m_socket, [this] { read(); });
        QObject::connect(&m_socket, &QTcpSocket::disconnected, &m_socket,
                         [this, port] { m_socket.connectToHost(u"127.0.0.1"_s, port); });
        m_socket.connectToHost(u"127.0.0.1"_s, port);
    }
    ~Repeater() { m_socket.disconnect(&m_socket); }
    Q_DISABLE_COPY_MOVE(Repeater)

    int answers = 0;

private:
    void ask()
    {
        m_head.clear();
        m_left = -1;
        m_socket.write(m_request);
    }

    void read()
    {
        if (m_left < 0) {
            m_head += m_socket.readAll();
            const qsizetype end = m_head.indexOf("\r\n\r\n");
            if (end < 0)
                return;
            const qsizetype at = m_head.toLower().indexOf("content-length:") + 15;
            const qsizetype length = m_head.mid(at, m_head.indexOf('\r', at) - at).toInt();
            m_left = length - (m_head.size() - end - 4);
        } else {
            m_left -= m_socket.readAll().size();
        }
        if (m_left > 0)
            return;
        ++answers;
        ask();
    }

    QByteArray m_request;
    QByteArray m_head;
    qsizetype m_left = -1;
    QTcpSocket m_socket;
};

QByteArray bulkRequest(const QByteArray &token)
{
    QJsonArray ids;
    for (int i = 0; i < 1000; ++i)
        ids.append(u"nobody-%1"_s.arg(i));
    const QByteArray body = QJsonDocument(QJsonObject{{"user_ids"_L1, ids}}).toJson();
    return "POST /api/presence/bulk HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token
        + "\r\nContent-Type: application/json\r\nContent-Length: " + QByteArray::number(body.size())
        + "\r\n\r\n" + body;
}

} // namespace

class TestFlood : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void heartbeatsHaveAConnectionOfTheirOwn()
    {
        RedisServer server({.tcp = true});
        QVERIFY(server.start());
        DaemonProcess daemon({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                              {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                              {u"PRESENCE_SHARDS"_s, u"1"_s},
                              {u"HEARTBEAT_INTERVAL"_s, u"250"_s},
                              {u"REDIS_URL"_s, server.url()}});
        QVERIFY(daemon.start());
        QProcess monitor;
        monitor.start(u"redis-cli"_s, {u"-p"_s, QString::number(server.port()), u"MONITOR"_s});
        QVERIFY(monitor.waitForReadyRead());
        AsyncClient amy(daemon.port(), tokenFor(u"amy"_s), nullptr);
        const QString joined = amy.join(u"presence:amy"_s, {{"workspace_id"_L1, "acme"_L1}});
        QTRY_VERIFY(amy.reply(joined));
        RestClient rest(daemon.port(), tokenFor(u"rita"_s));
        QCOMPARE(rest.post(u"/api/presence/bulk"_s, {{"user_ids"_L1, QJsonArray{"amy"_L1}}}).status,
                 200);
        QCOMPARE(rest.post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "tv"_L1}}).status, 204);
        // The time, the connection, the command: 1700000000.000000 [0 127.0.0.1:4711] "GET" "key"
        QByteArray log;
        const auto connectionOf = [&](const QByteArray &part) {
            for (const QByteArray &line : log.split('\n')) {
                if (line.contains(part))
                    return line.mid(line.indexOf('[') + 1,
                                    line.indexOf(']') - line.indexOf('[') - 1);
            }
            return QByteArray();
        };
        const QByteArray refresh = "\"HMGET\" \"presence:user:amy\" \"regular\"";
        QTRY_VERIFY((log += monitor.readAll(), !connectionOf(refresh).isEmpty()));
        const QByteArray reads = connectionOf("\"HMGET\" \"presence:user:amy\" \"seen\"");
        const QByteArray refreshes = connectionOf(refresh);
        QVERIFY(!reads.isEmpty());
        QVERIFY(reads != refreshes);
        QCOMPARE(connectionOf("\"rest:tv\" \"tv\""), refreshes);
        monitor.kill();
        monitor.waitForFinished();
    }

    void whoeverReadsMuchTakesNobodyOffline()
    {
        constexpr int kUsers = 50;
        constexpr int kReaders = 400;
        DaemonFixture fixture({{u"HEARTBEAT_INTERVAL"_s, u"1000"_s}, {u"PRESENCE_TTL"_s, u"2"_s}});
        QVERIFY(fixture.start());
        const quint16 port = fixture.daemon.port();
        QStringList statuses;
        AsyncClient observer(
            port, tokenFor(u"observer"_s),
            [&](const QString &, const QString &event, const QJsonObject &payload) {
                if (event == "status_update"_L1)
                    statuses += payload["user_id"_L1].toString() + u' '
                        + payload["status"_L1].toString();
            });
        std::vector<std::unique_ptr<AsyncClient>> users;
        for (int i = 0; i < kUsers; ++i) {
            const QString user = u"user-%1"_s.arg(i);
            users.push_back(std::make_unique<AsyncClient>(port, tokenFor(user), nullptr));
            const QString joined
                = users.back()->join(u"presence:"_s + user, {{"workspace_id"_L1, "acme"_L1}});
            QTRY_VERIFY(users.back()->reply(joined));
            const QString watched = observer.join(u"user:"_s + user);
            QTRY_VERIFY(observer.reply(watched));
        }

        const QByteArray request = bulkRequest(tokenFor(u"reader"_s));
        std::vector<std::unique_ptr<Repeater>> readers;
        for (int i = 0; i < kReaders; ++i)
            readers.push_back(std::make_unique<Repeater>(port, request));
        // Many times PRESENCE_TTL.
        QDeadlineTimer time(15s);
        QTRY_VERIFY_WITH_TIMEOUT(time.hasExpired(), 20'000);
        int answers = 0;
        for (const auto &reader : readers)
            answers += reader->answers;
        qInfo("%d answers of 1000 rows", answers);
        QVERIFY(answers > kReaders / 2);
        readers.clear();
        QVERIFY2(statuses.isEmpty(), qPrintable(statuses.join(u'\n')));
        QCOMPARE(std::ranges::count_if(users, [](const auto &user) { return user->isClosed(); }),
                 0);
        // Once what the readers have asked for is done, changes come through.
        QString asked;
        const auto isDone = [&] {
            const auto reply = users[0]->reply(asked);
            if (asked.isEmpty() || (reply && (*reply)["status"_L1] != "ok"_L1))
                asked = users[0]->push(u"presence:user-0"_s, u"set_status"_s,
                                       {{"status"_L1, "busy"_L1}});
            return reply && (*reply)["status"_L1] == "ok"_L1;
        };
        QTRY_VERIFY_WITH_TIMEOUT(isDone(), 30'000);
        QTRY_COMPARE(statuses, QStringList({u"user-0 busy"_s}));
    }
};

PRESENCE_TEST(TestFlood)
#include "tst_flood.moc"
