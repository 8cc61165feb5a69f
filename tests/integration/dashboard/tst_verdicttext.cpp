// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/texts.h"
#include "admin/model/verdicttext.h"
#include "admin/view/incidentsview.h"
#include "tests/support/testregistry.h"
#include "tests/support/token.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTest>
#include <QWebSocket>
#include <QWebSocketServer>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;
using Level = VerdictText::Level;
using Place = VerdictPart::Place;

/// What a daemon says, word by word: also one of another version.
class SpokenDaemon : public QObject
{
    Q_OBJECT
public:
    bool listen()
    {
        connect(&m_server, &QWebSocketServer::newConnection, this, [this] {
            m_socket = m_server.nextPendingConnection();
            connect(m_socket, &QWebSocket::textMessageReceived, this, [this](const QString &text) {
                const QJsonArray frame = QJsonDocument::fromJson(text.toUtf8()).array();
                if (frame[3] == "phx_join"_L1)
                    m_joinRef = frame[0];
                send({frame[0], frame[1], frame[2], "phx_reply"_L1,
                      QJsonObject{{"status"_L1, "ok"_L1}, {"response"_L1, QJsonObject()}}});
            });
        });
        return m_server.listen(QHostAddress::LocalHost);
    }
    QUrl url() const { return QUrl(u"http://127.0.0.1:%1"_s.arg(m_server.serverPort())); }
    bool isJoined() const { return !m_joinRef.isNull(); }
    void say(const QJsonObject &overview)
    {
        send({m_joinRef, QJsonValue(), "admin:overview"_L1, "overview"_L1, overview});
    }

private:
    void send(const QJsonArray &frame)
    {
        m_socket->sendTextMessage(QString::fromUtf8(QJsonDocument(frame).toJson()));
    }

    QWebSocketServer m_server{u"spoken"_s, QWebSocketServer::NonSecureMode};
    QWebSocket *m_socket = nullptr;
    QJsonValue m_joinRef;
};

/// The daemon's verdict in words, and what the dashboard itself says.
class TestVerdictText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_daemon.listen());
        QCOMPARE(verdictOf(m_overview).sentence(), u"Unknown: not connected"_s);
        open(900);
        QCOMPARE(verdictOf(m_overview).level, Level::Unknown);
        QTRY_VERIFY(m_daemon.isJoined());
    }

    void aNodeThatIsGoneIsNamed()
    {
        const qint64 since = QDateTime::currentSecsSinceEpoch() - 20;
        say({{"level"_L1, "degraded"_L1},
             {"findings"_L1,
              QJsonArray{QJsonObject{{"kind"_L1, "node_unreachable"_L1},
                                     {"level"_L1, "degraded"_L1},
                                     {"subject"_L1, "node-d"_L1},
                                     {"since_at"_L1, since},
                                     {"count"_L1, 23}},
                         QJsonObject{{"kind"_L1, "flapping"_L1},
                                     {"level"_L1, "info"_L1},
                                     {"count"_L1, 4}}}}});
        const VerdictText text = verdictOf(m_overview);
        QCOMPARE(text.level, Level::Degraded);
        const QString time = timeText(Seconds(std::chrono::seconds(since)));
        QVERIFY2(text.sentence().startsWith(
                     u"Degraded: node-d unreachable since %1, 23 device(s) affected"_s.arg(time)),
                 qPrintable(text.sentence()));
        QVERIFY(text.sentence().endsWith(u"Redis 0.2 ms"_s));
        QCOMPARE(text.parts.at(0).place, Place::Overview);
        QCOMPARE(text.parts.at(1).place, Place::Ghosts);
        QCOMPARE(countsOf(m_overview).nodesUnreachable, 1);
        QCOMPARE(countsOf(m_overview).flapping, 4);
    }

    void wellIsWellInFigures()
    {
        say({{"level"_L1, "healthy"_L1}, {"findings"_L1, QJsonArray()}});
        QCOMPARE(verdictOf(m_overview).sentence(),
                 u"Healthy: 1 node(s) \u00b7 51 user(s) online \u00b7 Redis 0.2 ms"_s);
        QCOMPARE(verdictOf(m_overview).parts.at(1).place, Place::Users);
    }

    void thereIsAnEndToTheSentence()
    {
        QJsonArray findings;
        for (int i = 0; i < 30; ++i)
            findings.append(QJsonObject{{"kind"_L1, "node_behind"_L1},
                                        {"level"_L1, "degraded"_L1},
                                        {"subject"_L1, QString::number(i) + QString(1000, u'W')}});
        say({{"level"_L1, "degraded"_L1}, {"findings"_L1, findings}});
        const QString sentence = verdictOf(m_overview).sentence();
        QVERIFY(sentence.contains(u"26 more"_s));
        QVERIFY(sentence.size() < 400);
        const QStringList rest = verdictOf(m_overview).parts.at(4).rest.split(u'\n');
        QCOMPARE(rest.size(), 26);
        QVERIFY(rest.first().startsWith(u"4WWW"_s));
        QCOMPARE(verdictOf(m_overview).problems.size(), 30U);
    }

    /// Of each master of a cluster.
    void whatReadsAlikeIsSaidOnce()
    {
        QJsonArray findings;
        for (const QString &master : {u"redis-a:6379"_s, u"redis-b:6379"_s})
            findings.append(QJsonObject{{"kind"_L1, "redis_unreachable"_L1},
                                        {"level"_L1, "down"_L1},
                                        {"subject"_L1, master}});
        say({{"level"_L1, "down"_L1}, {"findings"_L1, findings}});
        QVERIFY2(verdictOf(m_overview)
                     .sentence()
                     .startsWith(u"Down: Redis unreachable \u00b7 Redis 0.2 ms"_s),
                 qPrintable(verdictOf(m_overview).sentence()));
        QCOMPARE(verdictOf(m_overview).problems.size(), 2U);
    }

    void whatIsNotKnownHereIsSaidAsItIs()
    {
        say({{"level"_L1, "degraded"_L1},
             {"findings"_L1,
              QJsonArray{QJsonObject{{"kind"_L1, "disk_full"_L1}, {"subject"_L1, "node-a"_L1}}}}});
        QVERIFY(verdictOf(m_overview).sentence().startsWith(u"Degraded: disk full node-a"_s));
    }

    void anOlderDaemonIsNotCalledHealthy()
    {
        m_daemon.say(overview());
        QTRY_VERIFY(!m_overview.now().verdict);
        QCOMPARE(verdictOf(m_overview).level, Level::Unknown);
        QVERIFY(verdictOf(m_overview).sentence().startsWith(u"Connected"_s));
        m_daemon.say({{"redis"_L1, QJsonObject{{"reachable"_L1, false}}}});
        QTRY_COMPARE(verdictOf(m_overview).sentence(), u"Down: Redis unreachable"_s);
    }

    /// Nor is it said that nothing happened, and charts of an hour go on.
    void anOlderDaemonRecordsNothing()
    {
        const size_t before = m_overview.history().hour().size();
        const qint64 now = QDateTime::currentMSecsSinceEpoch();
        const auto sayAt = [this](qint64 time) {
            QJsonObject json = overview();
            json["figures"_L1] = QJsonObject{{"time"_L1, time}};
            m_daemon.say(json);
            QTRY_COMPARE(m_overview.now().figures.time.time_since_epoch().count(), time);
        };
        for (const int after : {60'000, 65'000, 70'000})
            sayAt(now + after);
        QCOMPARE(m_overview.history().hour().size(), before + 2);
        sayAt(now); // by which tokens expire
        QVERIFY(!m_overview.tellsIncidents());
        IncidentsView view(m_overview);
        view.setWaiting({});
        const auto *table = view.findChild<TableView *>(u"incidents"_s);
        QVERIFY2(table && table->emptyText().contains(u"older version"_s), "not called quiet");
    }

    void withoutRedisTheVerdictIsStillHeard()
    {
        m_daemon.say({{"redis"_L1, QJsonObject{{"reachable"_L1, false}}},
                      {"verdict"_L1,
                       QJsonObject{{"level"_L1, "down"_L1},
                                   {"findings"_L1,
                                    QJsonArray{QJsonObject{{"kind"_L1, "redis_loading"_L1},
                                                           {"level"_L1, "down"_L1}}}}}}});
        QTRY_COMPARE(verdictOf(m_overview).sentence(), u"Down: Redis loading its data"_s);
        QVERIFY(m_overview.isStale());
    }

    void silenceIsNotHealth()
    {
        say({{"level"_L1, "healthy"_L1}, {"findings"_L1, QJsonArray()}});
        QTRY_COMPARE_WITH_TIMEOUT(verdictOf(m_overview).level, Level::Unknown, 8000);
        QVERIFY(verdictOf(m_overview).sentence().startsWith(u"Unknown: nothing heard for"_s));
        QCOMPARE(countsOf(m_overview).flapping, 0);
    }

    void aTokenThatEndsSoonIsSaid()
    {
        m_connection.close();
        open(600);
        QTRY_COMPARE(m_connection.state(), Connection::State::Open);
        QTRY_VERIFY_WITH_TIMEOUT((say({{"level"_L1, "healthy"_L1}}), m_overview.isHeard()), 5000);
        const VerdictText text = verdictOf(m_overview);
        QCOMPARE(text.level, Level::Healthy);
        QVERIFY2(text.parts.back().text.startsWith(u"Your token expires in "_s),
                 qPrintable(text.sentence()));
        QCOMPARE(text.parts.back().place, Place::Connection);
    }

private:
    void open(int seconds)
    {
        m_connection.open(
            {u"spoken"_s, m_daemon.url(), {}},
            tokenFor(u"olga"_s, {{"exp"_L1, QDateTime::currentSecsSinceEpoch() + seconds + 5}}));
    }

    static QJsonObject overview()
    {
        return {{"redis"_L1, QJsonObject{{"reachable"_L1, true}}},
                {"figures"_L1,
                 QJsonObject{{"time"_L1, QDateTime::currentMSecsSinceEpoch()},
                             {"users"_L1, 51},
                             {"redis_latency_us"_L1, 200}}},
                {"nodes"_L1, QJsonArray{QJsonObject{{"name"_L1, "a"_L1}, {"alive"_L1, true}}}}};
    }

    void say(const QJsonObject &verdict)
    {
        QJsonObject json = overview();
        json["verdict"_L1] = verdict;
        m_daemon.say(json);
        QSignalSpy changed(&m_overview, &OverviewModel::changed);
        changed.wait(2000);
    }

    SpokenDaemon m_daemon;
    Connection m_connection;
    OverviewModel m_overview{m_connection};
};

PRESENCE_WIDGET_TEST(TestVerdictText)
#include "tst_verdicttext.moc"
