// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/network.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::limits;
using namespace Qt::StringLiterals;

class TestNetwork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anAddressOfIPv6IsItsNetwork();
    void theClientIsWhoTheProxiesName_data();
    void theClientIsWhoTheProxiesName();
    void wrongNetworksAreRefused_data();
    void wrongNetworksAreRefused();
};

void TestNetwork::anAddressOfIPv6IsItsNetwork()
{
    const auto key = [](const QString &text) { return addressKey(QHostAddress(text)); };
    QCOMPARE(key(u"2001:db8::1"_s), key(u"2001:db8::ffff:1"_s));
    QVERIFY(key(u"2001:db8::1"_s) != key(u"2001:db8:0:1::1"_s));
    QVERIFY(key(u"192.0.2.1"_s) != key(u"192.0.2.2"_s));
}

void TestNetwork::theClientIsWhoTheProxiesName_data()
{
    QTest::addColumn<QString>("peer");
    QTest::addColumn<QByteArrayList>("forwarded");
    QTest::addColumn<QString>("client");
    const QByteArrayList none;
    QTest::newRow("no proxy") << u"192.0.2.1"_s << none << u"192.0.2.1"_s;
    QTest::newRow("no proxy, and a lie")
        << u"192.0.2.1"_s << QByteArrayList{"198.51.100.7"} << u"192.0.2.1"_s;
    QTest::newRow("a proxy") << u"10.0.0.1"_s << QByteArrayList{"198.51.100.7"}
                             << u"198.51.100.7"_s;
    QTest::newRow("a proxy, and a lie before it")
        << u"10.0.0.1"_s << QByteArrayList{"203.0.113.9", "198.51.100.7"} << u"198.51.100.7"_s;
    QTest::newRow("two proxies") << u"10.0.0.1"_s << QByteArrayList{"198.51.100.7", "10.0.0.2"}
                                 << u"198.51.100.7"_s;
    QTest::newRow("proxies only") << u"10.0.0.1"_s << QByteArrayList{"10.0.0.3", "10.0.0.2"}
                                  << u"10.0.0.3"_s;
    QTest::newRow("a proxy that says nothing") << u"10.0.0.1"_s << none << u"10.0.0.1"_s;
    QTest::newRow("no address") << u"10.0.0.1"_s << QByteArrayList{"198.51.100.7", "unknown"}
                                << u"10.0.0.1"_s;
    QTest::newRow("with a port") << u"10.0.0.1"_s << QByteArrayList{"198.51.100.7:4711"}
                                 << u"198.51.100.7"_s;
    QTest::newRow("IPv6") << u"fd00::1"_s << QByteArrayList{"[2001:db8::7]:4711"}
                          << u"2001:db8::7"_s;
    QTest::newRow("IPv4 in IPv6") << u"10.0.0.1"_s << QByteArrayList{"::ffff:198.51.100.7"}
                                  << u"198.51.100.7"_s;
}

void TestNetwork::theClientIsWhoTheProxiesName()
{
    QFETCH(QString, peer);
    QFETCH(QByteArrayList, forwarded);
    const auto proxies = TrustedProxies::parse(u"10.0.0.0/8, fd00::/8"_s);
    QVERIFY(proxies);
    QTEST(proxies->clientOf(QHostAddress(peer), forwarded).toString(), "client");
}

void TestNetwork::wrongNetworksAreRefused_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"10", "10.0.0.0/33", "proxy.example.com", "10.0.0.0/x", "fd00::/129"})
        QTest::newRow(text) << QString::fromLatin1(text);
}

void TestNetwork::wrongNetworksAreRefused()
{
    QFETCH(QString, text);
    QVERIFY(!TrustedProxies::parse(text));
}

PRESENCE_TEST(TestNetwork)
#include "tst_network.moc"
