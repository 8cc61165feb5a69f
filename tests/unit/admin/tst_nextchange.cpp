// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/userexplainer.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::admin;
using namespace std::chrono_literals;

static const Milliseconds kNow{1'763'000'000'000ms};

static SessionRow session(SessionRow::Kind kind, std::chrono::seconds left)
{
    return {.device = DeviceId("d"), .kind = kind, .deadline = kNow + left};
}

static SessionRow ended(std::chrono::seconds left)
{
    SessionRow row = session(SessionRow::Kind::WebSocket, left);
    row.hasEnded = true;
    return row;
}

class TestNextChange : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nothingComesOfAnOpenConnection()
    {
        QVERIFY(!nextChange({.sessions = {session(SessionRow::Kind::WebSocket, 60s)}}));
        QVERIFY(!nextChange({}));
    }

    void aStatusRunsOut()
    {
        UserDetails user{.expiresAt = std::chrono::floor<std::chrono::seconds>(kNow) + 10s,
                         .sessions = {session(SessionRow::Kind::WebSocket, 60s)}};
        QCOMPARE(nextChange(user)->cause, "expiry");
        QVERIFY(nextChange(user)->status == Status::Online);
        user.sessions[0].isIdle = true;
        QVERIFY(nextChange(user)->status == Status::Away);
        user.sessions.clear();
        QVERIFY(nextChange(user)->status == Status::Offline);
    }

    void theLastOfTheEndedOnesCounts()
    {
        const auto next = nextChange({.sessions = {ended(2s), ended(5s)}});
        QVERIFY(next);
        QVERIFY(next->at == kNow + 5s);
        QVERIFY(next->status == Status::Offline);
        QCOMPARE(next->cause, "grace");
    }

    void oneOpenConnectionKeepsTheUser()
    {
        QVERIFY(!nextChange({.sessions = {ended(2s), session(SessionRow::Kind::WebSocket, 60s)}}));
    }

    void restDevicesAndGhostsFallSilent()
    {
        QCOMPARE(nextChange({.sessions = {session(SessionRow::Kind::Rest, 30s)}})->cause,
                 "silence");
        QCOMPARE(nextChange({.sessions = {session(SessionRow::Kind::External, 30s)}})->cause,
                 "silence");
        SessionRow ghost = session(SessionRow::Kind::WebSocket, 40s);
        ghost.isNodeAlive = false;
        QVERIFY(nextChange({.sessions = {ghost, session(SessionRow::Kind::Rest, 30s)}})->at
                == kNow + 40s);
    }

    void whatComesFirstIsTold()
    {
        UserDetails user{.expiresAt = std::chrono::floor<std::chrono::seconds>(kNow) + 3s,
                         .sessions = {ended(5s)}};
        QCOMPARE(nextChange(user)->cause, "expiry");
        user.sessions = {ended(1s)};
        QCOMPARE(nextChange(user)->cause, "grace");
    }
};

PRESENCE_TEST(TestNextChange)
#include "tst_nextchange.moc"
