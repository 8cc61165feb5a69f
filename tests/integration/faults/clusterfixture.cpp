// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/faults/clusterfixture.h"

#include "tests/support/restclient.h"
#include "tests/support/token.h"

#include <QFile>
#include <QTest>

#include <algorithm>

namespace presence::test {

using namespace Qt::StringLiterals;
using Kind = RedisDeployment::Kind;

static constexpr int kClusterPatience = 60'000; // ms
static constexpr size_t kNodes = 2;
static constexpr int kInARow = 200;

static int number(const char *variable, int otherwise)
{
    return qEnvironmentVariableIsSet(variable) ? qEnvironmentVariableIntValue(variable) : otherwise;
}

bool waitFor(const std::function<bool()> &isSo)
{
    return QTest::qWaitFor(isSo, kClusterPatience);
}

ClusterFixture::ClusterFixture(Kind kind, RedisServer::Options options,
                               RedisDeployment::Failover failover)
    : redis(std::move(options), kind, failover)
{
}

bool ClusterFixture::start(const Environment &environment, const std::vector<Environment> &places)
{
    if (!redis.start())
        return false;
    std::vector<quint16> ports;
    for (size_t i = 0; i < kNodes; ++i) {
        Environment own = redis.environment();
        own.insert({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                    {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                    {u"PRESENCE_SHARDS"_s, u"1"_s},
                    {u"NODE_NAME"_s, u"node-%1"_s.arg(i)},
                    {u"LIMIT_USER_CHANGES"_s, u"0"_s}, // a day of each user in a moment
                    {u"LOG_LEVEL"_s, u"error"_s}});
        own.insert(environment);
        own.insert(i < places.size() ? places[i] : Environment());
        if (!nodes.emplace_back(std::make_unique<DaemonProcess>(own))->start())
            return false;
        ports.push_back(nodes.back()->port());
    }
    const int size = number("FAULT_CLIENTS", 200);
    const Load::Options options{size, number("FAULT_CHANGES", 100), std::max(1, size / 20)};
    load = std::make_unique<Load>(ports, options);
    if (!load->enter())
        return false;
    for (int i = 0; i < std::min(10, options.workspaces); ++i) {
        for (const quint16 port : ports)
            observers.push_back(std::make_unique<Observer>(port, Load::workspaceOf(i)));
    }
    load->start();
    return waitFor([this] {
        return isHealthy()
            && std::ranges::all_of(observers, [](const auto &o) { return o->isThere(); });
    });
}

bool ClusterFixture::isHealthy() const
{
    return load->isHealthy(kInARow);
}

QHash<QString, int> ClusterFixture::confirmed()
{
    const QHash<QString, int> all = load->acknowledged();
    const bool isSentinel = redis.kind() == Kind::Sentinel;
    for (size_t i = 0; i < redis.masters() && redis.size() > redis.masters(); ++i) {
        const size_t master = isSentinel ? redis.currentMaster() : i;
        redis.server(master).cli({u"WAIT"_s, isSentinel ? u"2"_s : u"1"_s, u"1000"_s});
    }
    return all;
}

QHash<QString, int> ClusterFixture::said() const
{
    constexpr qsizetype kAtOnce = 1000;
    QHash<QString, int> all;
    const QStringList users = load->tried().keys();
    RestClient client(nodes.front()->port(), tokenFor(u"observer"_s));
    for (qsizetype i = 0; i < users.size(); i += kAtOnce) {
        const auto some = QJsonArray::fromStringList(users.mid(i, kAtOnce));
        const auto answer = client.post(u"/api/presence/bulk"_s, {{u"user_ids"_s, some}});
        for (const QJsonValue &user : answer.array()) {
            const bool isOffline = user["status"_L1] == "offline"_L1;
            all.insert(user["user_id"_L1].toString(),
                       isOffline ? -1 : user["custom_message"_L1].toString().toInt());
        }
    }
    return all;
}

QString ClusterFixture::difference() const
{
    const QHash<QString, int> truth = said();
    if (truth.isEmpty())
        return u"the service says nothing"_s;
    for (const auto &observer : observers) {
        const auto &view = observer->view();
        for (auto it = view.begin(); it != view.end(); ++it) {
            if (truth.value(it.key(), -1) != it.value())
                return u"%1: %2 is held, %3 said"_s.arg(it.key()).arg(*it).arg(
                    truth.value(it.key(), -1));
        }
    }
    return {};
}

QStringList ClusterFixture::faults() const
{
    QStringList all;
    for (const auto &observer : observers)
        all += observer->faults();
    return all;
}

int ClusterFixture::setbacks() const
{
    int sum = 0;
    for (const auto &observer : observers)
        sum += observer->setbacks();
    return sum;
}

int ClusterFixture::dropped() const
{
    return load->dropped() + static_cast<int>(std::ranges::count_if(observers, [](const auto &o) {
               return o->isClosed();
           }));
}

qint64 ClusterFixture::memory() const
{
    qint64 sum = 0;
    for (const auto &node : nodes) {
        QFile file(u"/proc/%1/status"_s.arg(node->processId()));
        if (!file.open(QIODevice::ReadOnly))
            return 0;
        const QByteArray text = file.readAll();
        const qsizetype line = text.indexOf("VmRSS:");
        sum += text.sliced(line + 6).trimmed().split(' ').first().toLongLong();
    }
    return sum;
}

/// Everything is as it was, or as it was changed to be.
static void compare(const ClusterFixture &fixture, const char *name, const Allowed &allowed,
                    const QHash<QString, int> &kept, qint64 redisTook)
{
    const auto said = fixture.said();
    const auto tried = fixture.load->tried();
    const auto acknowledged = fixture.load->acknowledged();
    int lost = 0;
    int forgotten = 0;
    for (auto it = said.begin(); it != said.end(); ++it) {
        QVERIFY2(*it <= tried[it.key()], qPrintable(it.key()));
        lost += *it < kept[it.key()];
        forgotten += *it < acknowledged[it.key()];
    }
    const Load &load = *fixture.load;
    qInfo(
        "%s: Redis %lld ms, changes work after %lld ms, slowest answer %lld ms, %d of %d refused, "
        "%d acknowledged and lost (%d by Redis), %d set back, %lld wrong, %d dropped",
        name, redisTook, load.degradedFor(), load.slowest(), load.refused(), load.changes(), lost,
        forgotten, fixture.setbacks(), qint64(fixture.faults().size()), fixture.dropped());
    QCOMPARE(said.size(), tried.size());
    QCOMPARE(lost, 0);
    QVERIFY2(allowed.mayGoBack || fixture.setbacks() <= forgotten * int(kNodes),
             "somebody went back in counting");
    QCOMPARE(fixture.faults().mid(0, 10), QStringList());
    QCOMPARE(fixture.dropped(), 0);
}

void play(ClusterFixture &fixture, const char *name, const Allowed &allowed,
          const std::function<bool()> &fault)
{
    Load &load = *fixture.load;
    const auto kept = fixture.confirmed();
    const qint64 memory = fixture.memory();
    load.expectFault();
    QElapsedTimer time;
    time.start();
    QVERIFY(fault());
    const qint64 redisTook = time.elapsed();
    QVERIFY(waitFor([&] { return fixture.isHealthy(); }));
    QVERIFY(load.stop());
    QTRY_COMPARE_WITH_TIMEOUT(fixture.difference(), QString(), kClusterPatience);
    compare(fixture, name, allowed, kept, redisTook);
    if (QTest::currentTestFailed())
        return;
    QVERIFY2(load.slowest() <= allowed.slowest, qPrintable(QString::number(load.slowest())));
    QVERIFY(allowed.mayRefuse || load.refused() == 0);
    // The queues that fill, and large pages; a queue without an end would be more in a second.
    constexpr qint64 kMost = 50'000; // KB
    const qint64 grown = fixture.memory() - memory;
    qInfo("%s: memory of the nodes grew by %lld KB", name, grown);
    QVERIFY2(grown < kMost, qPrintable(u"memory grew by %1 KB"_s.arg(grown)));
}

} // namespace presence::test
