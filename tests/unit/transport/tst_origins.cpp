// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/origins.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::transport;

class TestOrigins : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoMayConnect_data()
    {
        QTest::addColumn<QByteArray>("origin");
        QTest::addColumn<bool>("isSameHost"); ///< of those that are listed: none
        QTest::addColumn<bool>("isListed"); ///< of https://app.example.com
        QTest::newRow("no browser") << ""_ba << true << true;
        QTest::newRow("same host") << "http://chat.example.com"_ba << true << false;
        QTest::newRow("same host, another port")
            << "https://CHAT.example.com:8443"_ba << true << false;
        QTest::newRow("listed") << "https://App.example.com"_ba << false << true;
        QTest::newRow("listed, not encrypted") << "http://app.example.com"_ba << false << false;
        QTest::newRow("longer") << "https://chat.example.com.evil.com"_ba << false << false;
        QTest::newRow("within") << "https://evil.com/chat.example.com"_ba << false << false;
        QTest::newRow("user") << "https://chat.example.com@evil.com"_ba << false << false;
        QTest::newRow("a sandbox") << "null"_ba << false << false;
        QTest::newRow("no URL") << "http://"_ba << false << false;
    }
    void whoMayConnect()
    {
        QFETCH(QByteArray, origin);
        QFETCH(bool, isSameHost);
        QFETCH(bool, isListed);
        HttpRequest request;
        request.headers.add("Host", "Chat.example.com:4001");
        if (!origin.isEmpty())
            request.headers.add("Origin", origin);
        QCOMPARE(Origins{}.mayConnect(request), isSameHost);
        const Origins some{.listed = {"https://app.example.com"}};
        QCOMPARE(some.mayConnect(request), isListed);
        QCOMPARE(some.isListed(origin), isListed && !origin.isEmpty());
        const Origins any{.listed = {}, .isAny = true};
        QVERIFY(any.mayConnect(request));
        QCOMPARE(any.isListed(origin), !origin.isEmpty());
        QVERIFY(!Origins{}.isListed(origin));
    }
};

PRESENCE_TEST(TestOrigins)
#include "tst_origins.moc"
