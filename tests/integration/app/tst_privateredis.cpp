// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/privateredis.h"
#include "tests/integration/redis/ask.h"
#include "tests/support/testregistry.h"

#include <QDir>
#include <QLoggingCategory>
#include <QProcess>
#include <QSignalSpy>

#include <csignal>

#include <sys/stat.h>

using namespace presence;
using namespace presence::app;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static mode_t modeOf(const QString &path)
{
    struct stat status
    {
    };
    return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 0777 : 0;
}

static QByteArray get(const QString &socketPath)
{
    Client client(endpointAt(u"unix://"_s + socketPath));
    return bytesOf(ask(client, {"GET"_ba, "k"_ba}));
}

static QByteArray set(const QString &socketPath, const QByteArray &value)
{
    Client client(endpointAt(u"unix://"_s + socketPath));
    return bytesOf(ask(client, {"SET"_ba, "k"_ba, value}));
}

class TestPrivateRedis : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QLoggingCategory::setFilterRules(u"presence.app=false"_s);
        m_directory = std::make_unique<QTemporaryDir>();
        m_state = m_directory->filePath(u"var/state"_s);
    }

    void onlyTheOwnerCanReachIt()
    {
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(becomesReady(redis));
        QCOMPARE(redis.socketPath(), m_state + u"/redis.sock"_s);
        QCOMPARE(modeOf(m_state), mode_t(0700));
        QTRY_COMPARE(modeOf(redis.socketPath()), mode_t(0700));
        Client client(endpointAt(u"unix://"_s + redis.socketPath()));
        const auto port = ask(client, {"CONFIG"_ba, "GET"_ba, "port"_ba});
        QVERIFY(port);
        QCOMPARE(port->toHash().value("port"_ba), "0"_ba);
    }

    /// What is stored of a user has texts of more than 64 bytes.
    void aUserIsStoredAsAListpack()
    {
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(becomesReady(redis));
        Client client(endpointAt(u"unix://"_s + redis.socketPath()));
        ask(client, {"HSET"_ba, "user"_ba, "seen"_ba, QByteArray(300, 'x')});
        QCOMPARE(bytesOf(ask(client, {"OBJECT"_ba, "ENCODING"_ba, "user"_ba})), "listpack"_ba);
    }

    void dataSurvivesARestart()
    {
        {
            PrivateRedis redis({.stateDirectory = m_state});
            QVERIFY(becomesReady(redis));
            QCOMPARE(set(redis.socketPath(), "kept"_ba), "OK"_ba);
        }
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(becomesReady(redis));
        QCOMPARE(get(redis.socketPath()), "kept"_ba);
    }

    void aServerThatDiesIsStartedAgain()
    {
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(becomesReady(redis));
        QSignalSpy ready(&redis, &PrivateRedis::ready);
        const qint64 before = redis.processId();
        QCOMPARE(::kill(pid_t(before), SIGKILL), 0);
        QVERIFY(ready.wait());
        QVERIFY(redis.processId() != before);
        QCOMPARE(set(redis.socketPath(), "x"_ba), "OK"_ba);
    }

    void twoOnOneDirectoryAreRefused()
    {
        PrivateRedis first({.stateDirectory = m_state});
        QVERIFY(becomesReady(first));
        PrivateRedis second({.stateDirectory = m_state, .lockWait = 50ms});
        QCOMPARE(reasonOfFailure(second), m_state + u" is in use by another presenced"_s);
        QCOMPARE(set(first.socketPath(), "x"_ba), "OK"_ba);
    }

    void itEndsWhenTheDaemonIsKilled()
    {
        QProcess host;
        host.setProgram(QStringLiteral(PRIVATEREDIS_HOST));
        host.setArguments({m_state});
        host.start();
        QTRY_VERIFY_WITH_TIMEOUT(host.canReadLine(), kPatience);
        const QString socketPath = QString::fromUtf8(host.readLine()).trimmed();
        QCOMPARE(set(socketPath, "kept"_ba), "OK"_ba);
        host.kill();
        QVERIFY(host.waitForFinished());

        // The server holds the lock until it has ended.
        PrivateRedis next({.stateDirectory = m_state, .lockWait = 10s});
        QVERIFY(becomesReady(next));
        QCOMPARE(get(next.socketPath()), "kept"_ba);
    }

    void aSocketFileLeftBehindIsNoHindrance()
    {
        QVERIFY(QDir().mkpath(m_state));
        QCOMPARE(::chmod(QFile::encodeName(m_state).constData(), 0700), 0);
        QFile stale(m_state + u"/redis.sock"_s);
        QVERIFY(stale.open(QIODevice::WriteOnly));
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(becomesReady(redis));
    }

    void aLongPathGetsItsSocketElsewhere()
    {
        PrivateRedis redis({.stateDirectory = m_state + u'/' + QString(100, u'd')});
        QVERIFY(becomesReady(redis));
        QVERIFY(redis.socketPath().size() <= 107);
        QCOMPARE(modeOf(QFileInfo(redis.socketPath()).path()), mode_t(0700));
        QCOMPARE(set(redis.socketPath(), "x"_ba), "OK"_ba);
    }

    void aMissingProgramIsNamed()
    {
        PrivateRedis redis({.stateDirectory = m_state, .program = u"no-such-server"_s});
        QVERIFY(reasonOfFailure(redis).startsWith(u"no-such-server is not installed"_s));
    }

    void aDirectoryThatCannotBeMadeIsNamed()
    {
        QVERIFY(QDir().mkpath(m_directory->filePath(u"var"_s)));
        QFile file(m_state);
        QVERIFY(file.open(QIODevice::WriteOnly));
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(reasonOfFailure(redis).contains(m_state));
    }

    void aProgramThatNeverServesIsGivenUp()
    {
        PrivateRedis redis({.stateDirectory = m_state, .program = u"false"_s});
        QVERIFY(reasonOfFailure(redis).startsWith(u"redis-server does not start (exit code 1)"_s));
    }

    // Both for its own directory only: what holds something of others stays as it is.
    void aDirectoryThatIsOpenIsTightened()
    {
        QVERIFY(QDir().mkpath(m_state));
        QCOMPARE(::chmod(QFile::encodeName(m_state).constData(), 0755), 0);
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(becomesReady(redis));
        QCOMPARE(modeOf(m_state), mode_t(0700));
        QCOMPARE(set(redis.socketPath(), "x"_ba), "OK"_ba);
        QTRY_VERIFY(modeOf(m_state + u"/appendonlydir"_s) != 0);
        QCOMPARE(modeOf(m_state + u"/appendonlydir"_s) & 077, mode_t(0));
    }

    void anOpenDirectoryOfOthersIsRefused()
    {
        QVERIFY(QDir().mkpath(m_state + u"/something"_s));
        QCOMPARE(::chmod(QFile::encodeName(m_state).constData(), 0755), 0);
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(reasonOfFailure(redis).contains(u"is open to other users"_s));
        QCOMPARE(modeOf(m_state), mode_t(0755));
    }

    // It accepts connections while it loads, and then ends.
    void damagedDataIsGivenUpWithTheReason()
    {
        {
            PrivateRedis redis({.stateDirectory = m_state});
            QVERIFY(becomesReady(redis));
            for (int i = 0; i < 100; ++i)
                QCOMPARE(set(redis.socketPath(), QByteArray(1000, 'x')), "OK"_ba);
        }
        const QDir files(m_state + u"/appendonlydir"_s);
        QFile log(files.filePath(files.entryList({u"*.incr.aof"_s}).value(0)));
        QVERIFY(log.open(QIODevice::ReadWrite));
        QVERIFY(log.seek(log.size() / 2));
        QVERIFY(log.write(QByteArray(200, '?')) > 0);
        log.close();
        PrivateRedis redis({.stateDirectory = m_state});
        QSignalSpy ready(&redis, &PrivateRedis::ready);
        const QString reason = reasonOfFailure(redis);
        QVERIFY2(reason.contains(u"redis-server does not start"_s)
                     && reason.contains(u"Bad file format"_s),
                 qPrintable(reason));
        QCOMPARE(ready.count(), 0);
    }

    void dataThatTakesLongToLoadIsWaitedFor()
    {
        {
            PrivateRedis redis({.stateDirectory = m_state});
            QVERIFY(becomesReady(redis));
            Client client(endpointAt(u"unix://"_s + redis.socketPath()));
            // A second or so to load again.
            QVERIFY(ask(client,
                        {"EVAL"_ba,
                         "for i = 1, 500000 do redis.call('SET', 'k' .. i, i) end return 1"_ba,
                         "0"_ba}));
            QCOMPARE(bytesOf(ask(client, {"SET"_ba, "k"_ba, "last"_ba})), "OK"_ba);
        }
        PrivateRedis redis({.stateDirectory = m_state});
        QVERIFY(becomesReady(redis));
        QCOMPARE(get(redis.socketPath()), "last"_ba);
    }

private:
    static bool becomesReady(PrivateRedis &redis)
    {
        QSignalSpy ready(&redis, &PrivateRedis::ready);
        redis.start();
        return ready.count() == 1 || ready.wait(kPatience);
    }

    static QString reasonOfFailure(PrivateRedis &redis)
    {
        QSignalSpy failed(&redis, &PrivateRedis::failed);
        redis.start();
        if (failed.isEmpty() && !failed.wait(kPatience))
            return u"it did not fail"_s;
        return failed.at(0).at(0).toString();
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_state;
};

PRESENCE_TEST(TestPrivateRedis)
#include "tst_privateredis.moc"
