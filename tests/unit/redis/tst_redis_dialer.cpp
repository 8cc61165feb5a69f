// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/dialer.h"
#include "tests/support/testregistry.h"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace Qt::StringLiterals;

static HostLookup::Addresses addresses(const QStringList &texts)
{
    HostLookup::Addresses result;
    for (const QString &text : texts)
        result.emplace_back(text);
    return result;
}

class TestDialer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void familiesAreTriedByTurns_data()
    {
        QTest::addColumn<QStringList>("resolved");
        QTest::addColumn<int>("first");
        QTest::addColumn<QStringList>("ordered");
        const QStringList mixed{u"::1"_s, u"::2"_s, u"::3"_s, u"10.0.0.1"_s};
        QTest::newRow("one") << QStringList{u"10.0.0.1"_s} << 3 << QStringList{u"10.0.0.1"_s};
        QTest::newRow("both") << mixed << 0
                              << QStringList{u"::1"_s, u"10.0.0.1"_s, u"::2"_s, u"::3"_s};
        QTest::newRow("IPv4 first") << QStringList{u"10.0.0.1"_s, u"10.0.0.2"_s, u"::1"_s} << 0
                                    << QStringList{u"10.0.0.1"_s, u"::1"_s, u"10.0.0.2"_s};
        QTest::newRow("the second")
            << mixed << 1 << QStringList{u"10.0.0.1"_s, u"::2"_s, u"::3"_s, u"::1"_s};
        QTest::newRow("around") << mixed << 5
                                << QStringList{u"10.0.0.1"_s, u"::2"_s, u"::3"_s, u"::1"_s};
        QTest::newRow("twice") << QStringList{u"10.0.0.1"_s, u"10.0.0.1"_s} << 0
                               << QStringList{u"10.0.0.1"_s};
    }
    void familiesAreTriedByTurns()
    {
        QFETCH(QStringList, resolved);
        QFETCH(int, first);
        QFETCH(QStringList, ordered);
        QCOMPARE(Dialer::inOrder(addresses(resolved), static_cast<size_t>(first)),
                 addresses(ordered));
    }

    void aNameIsResolvedAndConnectedTo()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        std::optional<Result<Dialer::Socket>> result;
        Dialer dialer(
            u"localhost"_s, server.serverPort(), 0, [] { return std::make_unique<QTcpSocket>(); },
            [&result](auto socket) { result.emplace(std::move(socket)); });
        QTRY_VERIFY(result);
        QVERIFY(*result);
        QCOMPARE((**result)->peerPort(), server.serverPort());
    }

    void aNameThatDoesNotExistIsNamed()
    {
        std::optional<Result<Dialer::Socket>> result;
        Dialer dialer(
            u"nobody.invalid"_s, 1, 0, [] { return std::make_unique<QTcpSocket>(); },
            [&result](auto socket) { result.emplace(std::move(socket)); });
        QTRY_VERIFY_WITH_TIMEOUT(result, 30'000);
        QVERIFY(!*result);
        QVERIFY((*result).error().detail.contains("nobody.invalid"_L1));
    }

    // Those who wait for the same name are answered all, and who does not wait any more is left
    // out.
    void whoIsGoneIsNotAnswered()
    {
        int answers = 0;
        const auto count = [&answers](const auto &) { ++answers; };
        const HostLookup first(u"localhost"_s, count);
        auto gone = std::make_unique<HostLookup>(u"localhost"_s, count);
        const HostLookup last(u"localhost"_s, count);
        gone.reset();
        QTRY_COMPARE(answers, 2);
    }
};

PRESENCE_TEST(TestDialer)
#include "tst_redis_dialer.moc"
