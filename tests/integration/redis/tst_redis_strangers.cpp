// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/redis/ask.h"
#include "tests/integration/redis/scriptedserver.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// Something that listens where Redis should be, and says `text` to whoever speaks.
class Stranger : public QTcpServer
{
public:
    explicit Stranger(QByteArray text)
    {
        listen(QHostAddress::LocalHost);
        connect(this, &QTcpServer::newConnection, this, [this, text = std::move(text)] {
            ++m_visits;
            QTcpSocket *socket = nextPendingConnection();
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            connect(socket, &QTcpSocket::readyRead, socket, [socket, text] {
                socket->readAll();
                socket->write(text);
            });
        });
    }

    int visits() const { return m_visits; }
    Endpoint endpoint() const
    {
        Endpoint endpoint = endpointAt(u"redis://127.0.0.1:%1"_s.arg(serverPort()));
        endpoint.connectTimeout = 100ms;
        endpoint.commandTimeout = 300ms;
        return endpoint;
    }

private:
    int m_visits = 0;
};

/// Answers the handshake, and after that as many PINGs as it is told to.
class Reluctant : public QTcpServer
{
public:
    Reluctant()
    {
        listen(QHostAddress::LocalHost);
        connect(this, &QTcpServer::newConnection, this, [this] {
            m_socket = nextPendingConnection();
            connect(m_socket, &QTcpSocket::readyRead, this, [this] {
                m_commands += m_socket->readAll().count('*');
                if (std::exchange(m_hasAnswered, true))
                    return;
                m_socket->write(resp::hello());
                answer(1);
            });
        });
    }

    void answer(int commands) { m_socket->write("+PONG\r\n"_ba.repeated(commands)); }
    /// That came after the handshake.
    qsizetype commands() const { return m_commands - 2; }

private:
    QTcpSocket *m_socket = nullptr;
    qsizetype m_commands = 0;
    bool m_hasAnswered = false;
};

} // namespace

class TestStrangers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void strangersAreLeftAndVisitedAgain_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("another protocol") << "HTTP/1.1 400 Bad Request\r\n\r\n"_ba << u"not RESP"_s;
        QTest::newRow("silence") << ""_ba << u"no answer within 100 ms"_s;
        QTest::newRow("half a reply") << "+PON"_ba << u"no answer within 100 ms"_s;
        QTest::newRow("an endless array") << "*2147483647\r\n"_ba << u"not RESP"_s;
    }

    void strangersAreLeftAndVisitedAgain()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, says);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(says));
        Stranger stranger(text);
        Client client(stranger.endpoint());
        const Result<Reply> reply = ask(client, {"GET"_ba, "k"_ba});
        QVERIFY(!reply);
        QCOMPARE(int(reply.error().code), int(ErrorCode::Unavailable));
        QTRY_VERIFY_WITH_TIMEOUT(stranger.visits() >= 3, kPatience);
    }

    void aReplyThatNobodyAskedForEndsTheConnection()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"nobody asked"_s));
        Stranger stranger(resp::hello() + "+PONG\r\n+PONG\r\n");
        Client client(stranger.endpoint());
        QSignalSpy lost(&client, &Client::lost);
        QVERIFY(lost.wait());
        QTRY_VERIFY_WITH_TIMEOUT(stranger.visits() >= 2, kPatience);
    }

    void noMoreThanAWindowIsWithTheServer()
    {
        constexpr int kWindow = Connection::kWindow;
        constexpr int kAll = 2 * kWindow + 10;
        Reluctant server;
        Client client(endpointAt(u"redis://127.0.0.1:%1"_s.arg(server.serverPort())));
        QTRY_VERIFY_WITH_TIMEOUT(client.isReady(), kPatience);
        int answered = 0;
        for (int i = 0; i < kAll; ++i)
            client.command("k", {"PING"_ba},
                           [&](const Result<Reply> &reply) { answered += reply.has_value(); });
        QTRY_COMPARE_WITH_TIMEOUT(server.commands(), kWindow, kPatience);
        server.answer(100);
        QTRY_COMPARE_WITH_TIMEOUT(server.commands(), kWindow + 100, kPatience);
        QCOMPARE(answered, 100);
        server.answer(kWindow);
        QTRY_COMPARE_WITH_TIMEOUT(server.commands(), kAll, kPatience);
        server.answer(kAll - kWindow - 100);
        QTRY_COMPARE_WITH_TIMEOUT(answered, kAll, kPatience);
    }
};

PRESENCE_TEST(TestStrangers)
#include "tst_redis_strangers.moc"
