// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/net/subscription.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/testcertificates.h"
#include "tests/support/testregistry.h"

#include <QFile>
#include <QSignalSpy>
#include <QSslKey>
#include <QWebSocketServer>

#include <optional>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

using State = Connection::State;

static QByteArray operatorToken(const QJsonObject &more = {{"scope"_L1, "admin"_L1}})
{
    return tokenFor(u"olga"_s, more);
}

static Profile profileOf(quint16 port)
{
    return {u"test"_s, QUrl(u"http://127.0.0.1:%1"_s.arg(port)), {}};
}

class TestConnection : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_fixture.start()); }
    void cleanupTestCase() { QCOMPARE(m_fixture.daemon.stop(), 0); }

    void aWrongTokenIsRefusedInWords()
    {
        Connection connection;
        connection.open(profileOf(m_fixture.daemon.port()), "nonsense");
        QTRY_COMPARE(connection.state(), State::Refused);
        QVERIFY2(connection.problem().contains(u"token"_s), qPrintable(connection.problem()));
        // It is not tried again by itself, but by the operator.
        connection.open(profileOf(m_fixture.daemon.port()), operatorToken());
        QTRY_VERIFY(connection.isOpen());
        QVERIFY(connection.problem().isEmpty());
    }

    void aTokenThatExpiresEndsTheConnectionInWords()
    {
        const qint64 soon = m_fixture.now() + 2;
        Connection connection;
        connection.open(profileOf(m_fixture.daemon.port()),
                        operatorToken({{"scope"_L1, "admin"_L1}, {"exp"_L1, soon}}));
        QTRY_VERIFY(connection.isOpen());
        QTRY_COMPARE(connection.state(), State::Refused);
        QVERIFY2(connection.problem().contains(u"expired"_s), qPrintable(connection.problem()));
    }

    void aTokenWithoutTheScopeIsToldSo()
    {
        Connection connection;
        QString refusal;
        Subscription topic(connection, "admin:overview", {},
                           {.refused = [&refusal](const QString &why) { refusal = why; }});
        connection.open(profileOf(m_fixture.daemon.port()), operatorToken({}));
        QTRY_VERIFY(refusal.contains(u"scope admin"_s));
        QVERIFY(!topic.isJoined());
    }

    void nobodyThereIsTriedAgain()
    {
        Connection connection;
        connection.open(profileOf(1), operatorToken());
        QTRY_COMPARE(connection.state(), State::Waiting);
        QVERIFY(!connection.problem().isEmpty());
        QVERIFY(connection.retryIn().count() > 0);
        QSignalSpy changed(&connection, &Connection::stateChanged);
        connection.retryNow();
        QCOMPARE(connection.state(), State::Connecting);
        QTRY_COMPARE(connection.state(), State::Waiting);
    }

    void topicsAreJoinedAnewAfterTheDaemonWasKilled()
    {
        DaemonProcess::Environment environment = m_fixture.with({});
        std::optional<DaemonProcess> daemon(std::in_place, environment);
        QVERIFY(daemon->start());
        environment[u"PRESENCE_PORT"_s] = QString::number(daemon->port());
        Connection connection;
        int joins = 0;
        Subscription topic(connection, "admin:overview", {},
                           {.joined = [&joins](const auto &) { ++joins; }});
        connection.open(profileOf(daemon->port()), operatorToken());
        QTRY_COMPARE(joins, 1);

        bool isFailed = false;
        connection.ask("admin:overview", "get_ghosts", {},
                       [&isFailed](const auto &reply) { isFailed = isFailed || !reply; });
        daemon->kill();
        QTRY_VERIFY(!connection.isOpen());
        QVERIFY(!topic.isJoined());
        // Without a connection a question is answered, too.
        connection.ask("admin:overview", "get_ghosts", {},
                       [&isFailed](const auto &reply) { isFailed = !reply; });
        QVERIFY(isFailed);

        daemon.emplace(environment);
        QVERIFY(daemon->start());
        QTRY_COMPARE_WITH_TIMEOUT(joins, 2, 20'000);
        connection.close();
        QCOMPARE(daemon->stop(), 0);
    }

    void aTopicIsLeftWithItsSubscription()
    {
        Connection connection;
        connection.open(profileOf(m_fixture.daemon.port()), operatorToken());
        int joins = 0;
        const Subscription::Handlers handlers{.joined = [&joins](const auto &) { ++joins; }};
        auto first = std::make_unique<Subscription>(connection, "admin:workspace:w", QJsonObject(),
                                                    handlers);
        QTRY_COMPARE(joins, 1);
        first.reset();
        const Subscription second(connection, "admin:workspace:w", {}, handlers);
        QTRY_COMPARE(joins, 2);
        bool isAnswered = false;
        connection.ask("admin:workspace:w", "get_page", {},
                       [&isAnswered](const auto &reply) { isAnswered = reply.has_value(); });
        QTRY_VERIFY(isAnswered);
    }

    void aCertificateIsTrustedWhenTheOperatorSaysSo()
    {
        QWebSocketServer server(u"secure"_s, QWebSocketServer::SecureMode);
        server.setSslConfiguration(serverConfiguration());
        QVERIFY(server.listen(QHostAddress::LocalHost));
        Profile profile{u"secure"_s, QUrl(u"https://127.0.0.1:%1"_s.arg(server.serverPort())), {}};

        Connection connection;
        connection.open(profile, operatorToken());
        QTRY_COMPARE(connection.state(), State::Refused);
        QVERIFY(!connection.untrusted().isNull());
        QVERIFY(connection.problem().contains(u"certificate"_s));
        QSignalSpy trusted(&connection, &Connection::trusted);
        connection.trust();
        QTRY_VERIFY(connection.isOpen());
        QCOMPARE(trusted.count(), 1);
        // From now on without a question.
        profile = connection.profile();
        connection.open(profile, operatorToken());
        QTRY_VERIFY(connection.isOpen());
        // But not another one at the same address.
        profile.trustedCertificate = QByteArray(32, 'x');
        connection.open(profile, operatorToken());
        QTRY_COMPARE(connection.state(), State::Refused);
    }

private:
    static QSslConfiguration serverConfiguration()
    {
        const TestCertificates &certificates = TestCertificates::get();
        QFile key(certificates.file(u"server.key"_s));
        if (!key.open(QIODevice::ReadOnly))
            qFatal("no key");
        QSslConfiguration configuration;
        configuration.setLocalCertificateChain(
            QSslCertificate::fromPath(certificates.file(u"server.crt"_s)));
        configuration.setPrivateKey(QSslKey(&key, QSsl::Ec));
        return configuration;
    }

    DaemonFixture m_fixture;
};

PRESENCE_TEST(TestConnection)
#include "tst_connection.moc"
