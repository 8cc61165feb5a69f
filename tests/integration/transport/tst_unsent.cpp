// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/rawwebsocket.h"

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

static constexpr qsizetype kFrame = 16 * 1024;
static constexpr qsizetype kMiB = 1024 * 1024;
/// The kernel may take a few hundred KiB more while a test looks on: amounts differ by more.
static const TransportConfig kRoomy{.maxOutbox = 64 * kMiB};

/// Does not read.
class StalledClient : public RawWebSocket
{
public:
    StalledClient(TransportFixture &fixture)
        : RawWebSocket(fixture.port), m_log(fixture.upgrades.log)
    {
    }

    bool stall()
    {
        if (!open())
            return false;
        connection = m_log.latest;
        setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 64 * 1024);
        setReadBufferSize(1024);
        disconnect(this);
        return true;
    }
    bool isOpen() const { return m_log.open.contains(connection); }

    /// Until `bytes` are unsent for a while, beyond what the kernel holds.
    void fill(qsizetype bytes)
    {
        for (int calm = 0; isOpen() && calm < 5; ++calm) {
            if (connection->unsentBytes() < bytes) {
                connection->send(encodeFrame(Opcode::Binary, QByteArray(kFrame, 'x')));
                calm = 0;
            }
            QTest::qWait(1);
        }
    }

    WebSocketConnection *connection = nullptr;

private:
    const WebSocketLog &m_log;
};

static limits::Payer alicesConnections(TransportFixture &fixture, int count)
{
    limits::Payer payer(fixture.limiter, UserId("alice"), QHostAddress::LocalHost, false);
    payer.account()->connections = count;
    return payer;
}

class TestUnsent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void oneThatReadsStaysThoughOthersOfItsUserDoNot();
    void oneAloneHasAllOfItsUser();
    void theLargestAreCutFirst();
    void whatOthersWaitForAsWellDoesNotCount();
};

void TestUnsent::oneThatReadsStaysThoughOthersOfItsUserDoNot()
{
    TransportFixture fixture(kRoomy, {.userUnsent = 8 * kMiB});
    fixture.upgrades.log.payer = alicesConnections(fixture, 3);
    limits::Account &alice = *fixture.upgrades.log.payer.account();
    StalledClient first(fixture);
    QVERIFY(first.stall());
    StalledClient second(fixture);
    QVERIFY(second.stall());
    StalledClient reader(fixture);
    QVERIFY(reader.stall());
    first.fill(7 * kMiB);
    second.fill(2 * kMiB);
    // What is too much is no more than this one has at the moment.
    reader.fill(kMiB);
    QVERIFY(alice.unsent > 8 * kMiB);
    QCOMPARE(fixture.counters().slowConsumers.value(), 0);
    QVERIFY(reader.isOpen());
    // The next frame goes to one that has more than its part.
    first.connection->send(encodeFrame(Opcode::Binary, QByteArray(kFrame, 'x')));
    QTRY_COMPARE(fixture.counters().slowConsumers.value(), 1);
    QTRY_VERIFY(alice.unsent <= 8 * kMiB);
    QVERIFY(second.isOpen() && reader.isOpen());
}

void TestUnsent::oneAloneHasAllOfItsUser()
{
    TransportFixture fixture({.closeDeadline = 50ms}, {.userUnsent = 1024 * 1024});
    fixture.upgrades.log.payer = alicesConnections(fixture, 1);
    limits::Account &alice = *fixture.upgrades.log.payer.account();
    StalledClient client(fixture);
    QVERIFY(client.stall());
    client.fill(800 * 1024);
    QVERIFY(client.isOpen());
    client.fill(2048 * 1024);
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::SlowConsumer});
    QCOMPARE(alice.unsent.load(), 0);
    QCOMPARE(fixture.limiter.limited(limits::Limit::UserUnsent), 1);
}

void TestUnsent::theLargestAreCutFirst()
{
    TransportFixture fixture(kRoomy);
    StalledClient little(fixture);
    QVERIFY(little.stall());
    StalledClient much(fixture);
    QVERIFY(much.stall());
    StalledClient more(fixture);
    QVERIFY(more.stall());
    little.fill(128 * 1024);
    much.fill(4 * kMiB);
    more.fill(9 * kMiB);
    fixture.server->relieveMemory();
    QTRY_COMPARE(fixture.counters().slowConsumers.value(), 1);
    QVERIFY(little.isOpen() && much.isOpen());
    QVERIFY(more.connection->unsentBytes() <= 2 * kFrame || !more.isOpen());
    fixture.server->relieveMemory();
    QCOMPARE(fixture.counters().slowConsumers.value(), 2);
    QVERIFY(little.isOpen());
}

void TestUnsent::whatOthersWaitForAsWellDoesNotCount()
{
    TransportFixture fixture(kRoomy);
    StalledClient first(fixture);
    QVERIFY(first.stall());
    StalledClient second(fixture);
    QVERIFY(second.stall());
    StalledClient alone(fixture);
    QVERIFY(alone.stall());
    // The kernel is full.
    first.fill(1);
    second.fill(1);
    alone.fill(2 * kMiB);
    const QByteArray snapshot = encodeFrame(Opcode::Binary, QByteArray(16 * kMiB, 's'));
    first.connection->send(snapshot);
    second.connection->send(snapshot);
    // Until it has been tried to write them.
    for (int i = 0; i < 3; ++i)
        QCoreApplication::processEvents();
    fixture.server->relieveMemory();
    QVERIFY(first.connection->isOpen() && second.connection->isOpen());
    QCOMPARE(fixture.counters().slowConsumers.value(), 1);
    // Where there is nothing else it does: two that do not read are no better than one.
    fixture.server->relieveMemory();
    QVERIFY(fixture.counters().slowConsumers.value() >= 2);
}

PRESENCE_EPOLL_TEST(TestUnsent)
#include "tst_unsent.moc"
