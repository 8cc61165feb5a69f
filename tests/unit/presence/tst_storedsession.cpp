// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/storedsession.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::rules;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestStoredSession : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aLiveOne();
    void aWorkspaceMayBeMissing();
    void oneWhoseConnectionHasEnded();
    void whatIsNone_data();
    void whatIsNone();
};

void TestStoredSession::aLiveOne()
{
    const auto session = StoredSession::parse("1795534790500 1795534700000001 a web:1 acme");
    QVERIFY(session);
    QVERIFY(session->deadline.time_since_epoch() == 1795534790500ms);
    QVERIFY(session->started.time_since_epoch() == 1795534700000001us);
    QVERIFY(!session->isIdle);
    QVERIFY(!session->hasEnded);
    QCOMPARE(session->device, DeviceId("web:1"));
    QCOMPARE(session->workspace, std::optional(WorkspaceId("acme")));
}

void TestStoredSession::aWorkspaceMayBeMissing()
{
    const auto session = StoredSession::parse("1 2 i web:1 ");
    QVERIFY(session);
    QVERIFY(session->isIdle);
    QVERIFY(!session->workspace);
}

void TestStoredSession::oneWhoseConnectionHasEnded()
{
    QVERIFY(StoredSession::parse("1 2 ae web:1 ")->hasEnded);
    const auto idle = StoredSession::parse("1 2 ie web:1 acme");
    QVERIFY(idle->hasEnded);
    QVERIFY(idle->isIdle);
}

void TestStoredSession::whatIsNone_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << ""_ba;
    QTest::newRow("signed off") << "off 1795534790500"_ba;
    QTest::newRow("too few") << "1 2 a web:1"_ba;
    QTest::newRow("too many") << "1 2 a web:1 acme mobile more"_ba;
    QTest::newRow("no time") << "soon 2 a web:1 acme"_ba;
    QTest::newRow("no device") << "1 2 a  acme"_ba;
}

void TestStoredSession::whatIsNone()
{
    QFETCH(QByteArray, text);
    QVERIFY(!StoredSession::parse(text));
}

PRESENCE_TEST(TestStoredSession)

#include "tst_storedsession.moc"
