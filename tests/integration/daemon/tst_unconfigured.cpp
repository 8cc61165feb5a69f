// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/daemonprocess.h"
#include "tests/support/restclient.h"
#include "tests/support/testregistry.h"

#include <QLocalSocket>
#include <QRegularExpression>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace presence::test;
using namespace Qt::StringLiterals;

static constexpr int kPatience = 20'000; // ms
static const QString kAlicePath = u"/api/presence/users/alice"_s;

static bool accepts(const QString &socketPath)
{
    QLocalSocket socket;
    socket.connectToServer(socketPath);
    return socket.waitForConnected(kPatience);
}

/// A daemon that nobody has configured, but for where it keeps its state.
class TestUnconfigured : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_directory.emplace();
        m_state = m_directory->filePath(u"state"_s);
        m_socket = m_state + u"/redis.sock"_s;
        m_daemon.emplace(environment());
        QVERIFY(m_daemon->start());
    }
    void cleanup()
    {
        m_daemon.reset();
        QTRY_VERIFY_WITH_TIMEOUT(!accepts(m_socket), kPatience);
    }

    void itsRedisKeepsAnAppendOnlyFileAndHasNoPort()
    {
        QVERIFY(accepts(m_socket));
        QCOMPARE(cli({u"CONFIG"_s, u"GET"_s, u"appendonly"_s}), "appendonly\nyes"_ba);
        QCOMPARE(cli({u"CONFIG"_s, u"GET"_s, u"port"_s}), "port\n0"_ba);
        QVERIFY(QFileInfo(m_state + u"/appendonlydir"_s).isDir());
    }

    // There is no terminal, and what is printed is kept by others.
    void theTokensOfItsFileWork()
    {
        QTRY_VERIFY_WITH_TIMEOUT(!token(u"Admin token"_s).isEmpty(), kPatience);
        QCOMPARE(QFileInfo(tokensPath()).permissions() & 0x0077, QFileDevice::Permissions());
        QVERIFY(!m_daemon->output().contains("eyJ"));
        RestClient user(m_daemon->port(), token(u"User token \\(alice\\)"_s));
        RestClient admin(m_daemon->port(), token(u"Admin token"_s));
        const QString bob = u"/api/presence/users/bob/status"_s;
        const QJsonObject busy{{"status"_L1, "busy"_L1}};
        QCOMPARE(user.put(kAlicePath + u"/status"_s, busy).status, 200);
        QCOMPARE(user.put(bob, busy).status, 403);
        QCOMPARE(admin.put(bob, busy).status, 200);
        QCOMPARE(RestClient(m_daemon->port()).get(kAlicePath).status, 401);
        QCOMPARE(m_daemon->stop(), 0);
        QVERIFY(!QFileInfo::exists(tokensPath()));
    }

    void itListensToThisMachineOnly()
    {
        const auto isServedAt = [this](const QString &address) {
            QTcpSocket socket;
            socket.connectToHost(address, m_daemon->port());
            return socket.waitForConnected(kPatience);
        };
        QVERIFY(isServedAt(u"127.0.0.1"_s));
        // Answers for whoever listens on every address.
        QVERIFY(!isServedAt(u"127.0.0.2"_s));
        QVERIFY(m_daemon->output().contains(" listens on 127.0.0.1:"));
    }

    void aRedisThatIsKilledComesBackWithTheState()
    {
        becomeBusy();
        const qint64 before = redisProcess();
        QCOMPARE(::kill(pid_t(before), SIGKILL), 0);
        QTRY_COMPARE_WITH_TIMEOUT(alice().get(kAlicePath).json()["status"_L1], "busy"_L1,
                                  kPatience);
        QVERIFY(redisProcess() != before);
    }

    void stoppingItStopsItsRedis()
    {
        becomeBusy();
        QCOMPARE(m_daemon->stop(), 0);
        QVERIFY(!accepts(m_socket));
    }

    void killingItEndsItsRedis()
    {
        QVERIFY(accepts(m_socket));
        m_daemon->kill();
        QTRY_VERIFY_WITH_TIMEOUT(!accepts(m_socket), kPatience);
    }

    void stateOutlivesTheDaemon_data()
    {
        QTest::addColumn<bool>("isKilled");
        QTest::newRow("stopped") << false;
        QTest::newRow("killed") << true;
    }
    void stateOutlivesTheDaemon()
    {
        QFETCH(bool, isKilled);
        becomeBusy();
        if (isKilled)
            m_daemon->kill();
        else
            QCOMPARE(m_daemon->stop(), 0);
        m_daemon.emplace(environment());
        QVERIFY(m_daemon->start());
        QCOMPARE(alice().get(kAlicePath).json()["custom_message"_L1], "kept"_L1);
    }

    void aSecondOneInTheSameDirectoryIsRefused()
    {
        DaemonProcess second(environment());
        QCOMPARE(second.run(), 69);
        QVERIFY(second.output().contains(m_state.toUtf8() + " is in use by another presenced"));
        QVERIFY(accepts(m_socket));
    }

    void aDirectoryThatCannotBeMadeEndsIt()
    {
        QFile file(m_directory->filePath(u"file"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        DaemonProcess second({{u"PRESENCE_STATE_DIR"_s, file.fileName() + u"/state"_s}});
        QCOMPARE(second.run(), 69);
        QVERIFY(second.output().contains(file.fileName().toUtf8() + "/state"));
    }

private:
    /// Of several shards, each would find a lost Redis again in its own time.
    DaemonProcess::Environment environment() const
    {
        return {{u"PRESENCE_STATE_DIR"_s, m_state}, {u"PRESENCE_SHARDS"_s, u"1"_s}};
    }

    QString tokensPath() const
    {
        return m_state + u"/tokens-"_s + QString::number(m_daemon->port());
    }
    /// What stands behind `name` in the file of tokens. The line that the daemon listens comes
    /// before it.
    QByteArray token(const QString &name)
    {
        QByteArray text;
        const auto isAll = [this, &text] {
            QFile file(tokensPath());
            text = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
            return text.contains("channel.join()");
        };
        if (!QTest::qWaitFor(isAll, kPatience))
            return {};
        const QRegularExpression line(name + u": (\\S+)"_s);
        return line.match(QString::fromUtf8(text)).captured(1).toLatin1();
    }
    RestClient alice() { return RestClient(m_daemon->port(), token(u"User token \\(alice\\)"_s)); }

    QByteArray cli(const QStringList &arguments) const
    {
        QProcess process;
        process.start(u"redis-cli"_s, QStringList{u"-s"_s, m_socket} + arguments);
        process.waitForFinished(kPatience);
        return process.readAll().trimmed();
    }
    qint64 redisProcess() const
    {
        static const QRegularExpression field(u"process_id:(\\d+)"_s);
        const QString info = QString::fromUtf8(cli({u"INFO"_s, u"server"_s}));
        return field.match(info).captured(1).toLongLong();
    }

    void becomeBusy()
    {
        const QJsonObject busy{{"status"_L1, "busy"_L1}, {"custom_message"_L1, "kept"_L1}};
        QCOMPARE(alice().post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "d"_L1}}).status,
                 204);
        QCOMPARE(alice().put(kAlicePath + u"/status"_s, busy).status, 200);
    }

    std::optional<QTemporaryDir> m_directory;
    QString m_state;
    QString m_socket;
    std::optional<DaemonProcess> m_daemon;
};

PRESENCE_TEST(TestUnconfigured)
#include "tst_unconfigured.moc"
