// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/unit/eventloop/onepoll.h"
#include "tests/unit/eventloop/selfsignedcertificate.h"

#include <QLocalServer>
#include <QLocalSocket>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QProcess>
#include <QSignalSpy>
#include <QSocketNotifier>
#include <QSslConfiguration>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QThread>

#include <sys/socket.h>

using namespace presence::eventloop;
using namespace Qt::StringLiterals;

/// Qt's own classes, as they are used with sockets, on the dispatcher.
class TestEpollQtUsers : public QObject
{
    Q_OBJECT

    /// Sends back whatever a connection of `server` says.
    template <typename Server>
    static void echo(Server &server)
    {
        connect(&server, &Server::newConnection, &server, [&server] {
            auto *socket = server.nextPendingConnection();
            connect(socket, &QIODevice::readyRead, socket,
                    [socket] { socket->write(socket->readAll()); });
        });
    }

    /// More than a socket's buffers hold, so that writing has to wait for room.
    static QByteArray largeText() { return QByteArray("presence ").repeated(1'000'000); }

    template <typename Socket>
    static void exchangeLargeText(Socket &socket)
    {
        const QByteArray text = largeText();
        QByteArray received;
        connect(&socket, &QIODevice::readyRead, &socket, [&] { received += socket.readAll(); });
        QCOMPARE(socket.write(text), text.size());
        QTRY_COMPARE_WITH_TIMEOUT(received.size(), text.size(), 30'000);
        QCOMPARE(received, text);
    }

private Q_SLOTS:
    void tcpSocketsEcho()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        echo(server);
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, server.serverPort());
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        exchangeLargeText(socket);
        socket.disconnectFromHost();
        QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    }

    void manyTcpSocketsComeAndGo()
    {
        constexpr int kSockets = 300;
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        echo(server);
        int finished = 0;
        QObject parent;
        for (int i = 0; i < kSockets; ++i) {
            auto *socket = new QTcpSocket(&parent);
            connect(socket, &QTcpSocket::connected, socket, [socket] { socket->write("hello"); });
            connect(socket, &QTcpSocket::readyRead, socket, [socket] { socket->abort(); });
            connect(socket, &QTcpSocket::disconnected, socket, [&finished] { ++finished; });
            socket->connectToHost(QHostAddress::LocalHost, server.serverPort());
        }
        QTRY_COMPARE_WITH_TIMEOUT(finished, kSockets, 30'000);
    }

    void aRefusedConnectionIsReported()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        const quint16 port = server.serverPort();
        server.close();
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port);
        QTRY_COMPARE(socket.error(), QAbstractSocket::ConnectionRefusedError);
    }

    void urgentDataReachesAnExceptionNotifier()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, server.serverPort());
        QTRY_VERIFY(server.hasPendingConnections());
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        QTcpSocket *accepted = server.nextPendingConnection();
        QSocketNotifier notifier(accepted->socketDescriptor(), QSocketNotifier::Exception);
        int urgent = 0;
        connect(&notifier, &QSocketNotifier::activated, this, [&] {
            ++urgent;
            notifier.setEnabled(false);
        });
        QCOMPARE(::send(int(socket.socketDescriptor()), "!", 1, MSG_OOB), 1);
        QTRY_COMPARE(urgent, 1);
    }

    void localSocketsEcho()
    {
        QTemporaryDir folder;
        QLocalServer server;
        QVERIFY(server.listen(folder.filePath(u"echo"_s)));
        echo(server);
        QLocalSocket socket;
        socket.connectToServer(server.fullServerName());
        QTRY_COMPARE(socket.state(), QLocalSocket::ConnectedState);
        exchangeLargeText(socket);
    }

    void sslSocketsEcho()
    {
        const SelfSignedCertificate made = SelfSignedCertificate::make();
        QVERIFY(!made.key.isNull());
        QVERIFY(!made.certificate.isNull());
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        QSslSocket accepted;
        connect(&accepted, &QIODevice::readyRead, &accepted,
                [&accepted] { accepted.write(accepted.readAll()); });
        connect(&server, &QTcpServer::newConnection, &accepted, [&] {
            // On a duplicate, for the descriptor stays with the QTcpSocket.
            std::unique_ptr<QTcpSocket> plain(server.nextPendingConnection());
            accepted.setSocketDescriptor(::dup(int(plain->socketDescriptor())));
            accepted.setPrivateKey(made.key);
            accepted.setLocalCertificate(made.certificate);
            accepted.startServerEncryption();
        });
        QSslSocket socket;
        QSslConfiguration trust = socket.sslConfiguration();
        trust.setCaCertificates({made.certificate});
        socket.setSslConfiguration(trust);
        socket.setPeerVerifyName(u"localhost"_s);
        socket.connectToHostEncrypted(u"127.0.0.1"_s, server.serverPort());
        QTRY_VERIFY(socket.isEncrypted());
        exchangeLargeText(socket);
    }

    void aProcessGivesItsOutputAndItsExitCode()
    {
        QProcess process;
        QSignalSpy finished(&process, &QProcess::finished);
        process.start(u"/bin/sh"_s, {u"-c"_s, u"cat; echo problem >&2; exit 3"_s});
        QTRY_COMPARE(process.state(), QProcess::Running);
        const QByteArray text = largeText();
        process.write(text);
        process.closeWriteChannel();
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 30'000);
        QCOMPARE(process.exitCode(), 3);
        QCOMPARE(process.readAllStandardOutput(), text);
        QCOMPARE(process.readAllStandardError(), QByteArray("problem\n"));
    }

    void aProcessCanBeKilledAndAMissingOneIsReported()
    {
        QProcess process;
        QSignalSpy finished(&process, &QProcess::finished);
        process.start(u"/bin/sleep"_s, {u"1000"_s});
        QTRY_COMPARE(process.state(), QProcess::Running);
        process.kill();
        QTRY_COMPARE(finished.count(), 1);
        QCOMPARE(process.exitStatus(), QProcess::CrashExit);
        QProcess missing;
        missing.start(u"/nonexistent/program"_s, {});
        QTRY_COMPARE(missing.error(), QProcess::FailedToStart);
    }

    void aThreadRunsSocketsOnItsOwnDispatcher()
    {
        QThread thread;
        thread.setEventDispatcher(new EpollDispatcher);
        QObject context;
        context.moveToThread(&thread);
        thread.start();
        std::atomic<quint16> port = 0;
        QTcpServer *server = nullptr;
        const auto listen = [&] {
            server = new QTcpServer;
            echo(*server);
            connect(&thread, &QThread::finished, server, [server] { delete server; });
            if (server->listen(QHostAddress::LocalHost))
                port = server->serverPort();
        };
        QMetaObject::invokeMethod(&context, listen, Qt::QueuedConnection);
        QTRY_VERIFY(port != 0);
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port);
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        exchangeLargeText(socket);
        thread.quit();
        QVERIFY(thread.wait(10'000));
    }

    void aNetworkRequestIsAnswered()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        connect(&server, &QTcpServer::newConnection, &server, [&server] {
            QTcpSocket *socket = server.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket] {
                if (!socket->readAll().contains("\r\n\r\n"))
                    return;
                socket->write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            });
        });
        QNetworkAccessManager network;
        const QUrl address(u"http://127.0.0.1:%1/"_s.arg(server.serverPort()));
        const std::unique_ptr<QNetworkReply> reply(network.get(QNetworkRequest(address)));
        QTRY_VERIFY(reply->isFinished());
        QCOMPARE(reply->readAll(), QByteArray("hello"));
    }
};

PRESENCE_EPOLL_TEST(TestEpollQtUsers)
#include "tst_epolldispatcher_qtusers.moc"
