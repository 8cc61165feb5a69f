// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/presence/rulesfixture.h"
#include "tests/support/testregistry.h"

using namespace presence;
using namespace presence::rules;
using namespace presence::test;

/// What the regular heartbeat, which is plain commands, and the rules must do alike.
class TestRegularHeartbeat : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_fixture.emplace(PresenceConfig{.offlineGrace = 30s}); }
    void cleanup() { m_fixture.reset(); }

    void theRegularHeartbeatDoesWhatTheRulesDo_data();
    void theRegularHeartbeatDoesWhatTheRulesDo();
    void eachRegularHeartbeatKeepsTheKeyOfTheDevices();
    void whatChangesWithinARegularHeartbeatTakesTheRules_data();
    void whatChangesWithinARegularHeartbeatTakesTheRules();
    void aHeartbeatThatIsLateTakesNothingBack();
    void aHeartbeatThatIsLateShowsNobodyInHiding();
    void whatTheRulesWroteAgainIsNotTakenBack();
    void whomADaemonOfBeforeBroughtOutOfHidingIsSeen();
    void aTimeThatIsAheadIsForgotten();
    void whatOthersWroteIsNotHiddenByTheMark();
    void theLaterDeadlineOfASessionHolds();

private:
    using Beat = RulesFixture::Beat;

    Result<Beat> beatMeanwhile(const QList<QByteArrayList> &meanwhile,
                               std::optional<redis::Time> now = {});
    void isSeenAt(qint64 time);

    std::optional<RulesFixture> m_fixture;
};

/// One that is there, and knows nobody.
struct EmptyArchive : UserArchive
{
    bool isAvailable() const override { return true; }
    void find(const UserId &, Callback<std::optional<ArchivedUser>> done) override
    {
        done(std::nullopt);
    }
};

/// Commands of others come between what it reads and what it writes.
Result<TestRegularHeartbeat::Beat>
TestRegularHeartbeat::beatMeanwhile(const QList<QByteArrayList> &meanwhile,
                                    std::optional<redis::Time> now)
{
    return m_fixture->wait<Beat>([&](auto done) {
        RegularHeartbeat(m_fixture->store)
            .beat({{kUser, {kSession}}}, now,
                  [done](const auto &, const auto &beat) { done(beat); });
        for (const QByteArrayList &words : meanwhile) {
            redis::Command command{words.first()};
            for (const QByteArray &word : words.sliced(1))
                command.add(word);
            m_fixture->redis.command(m_fixture->keys.userHash(kUser), command, [](const auto &) {});
        }
    });
}

void TestRegularHeartbeat::theRegularHeartbeatDoesWhatTheRulesDo_data()
{
    QTest::addColumn<QByteArray>("story");
    QTest::addColumn<QByteArrayList>("sessions");
    QTest::addColumn<bool>("hasArchive");
    QTest::addColumn<bool>("isRegular");
    const auto row = [](const QByteArray &story, const QByteArrayList &sessions, bool isRegular,
                        bool hasArchive = false) {
        QTest::newRow(
            (story + " / " + sessions.join(' ') + (hasArchive ? " archive" : "")).constData())
            << story << sessions << hasArchive << isRegular;
    };
    row("joins", {"s1"}, true);
    row("joins phones away", {"s1", "s2"}, true);
    row("roams", {"s1"}, true);
    row("joins busy", {"s1"}, true);
    row("joins phones", {"s1"}, true);
    row("joins phones", {"s1", "s2"}, true);
    row("joins phones closes", {"s2"}, true);
    row("joins phones closes", {"s2"}, true, true);
    row("joins foreign", {"s1"}, true);
    row("joins stranded", {"s1"}, true);
    row("joins waiting", {"s1"}, true);
    row("joins ahead", {"s1"}, true);
    row("joins unasked", {"s1"}, true);
    row("joins unasked", {"s1"}, false, true);
    row("joins", {"s1"}, true, true);
    row("joins phones closes", {"s1", "s2"}, false);
    row("joins", {"s1", "lost"}, false);
    row("joins hides", {"s1"}, false);
    row("hides joins", {"s1"}, false);
    row("joins evicted", {"s1"}, false);
    row("joins lasts", {"s1"}, false);
    row("", {"s1"}, false);
}

void TestRegularHeartbeat::theRegularHeartbeatDoesWhatTheRulesDo()
{
    QFETCH(QByteArray, story);
    QFETCH(QByteArrayList, sessions);
    QFETCH(bool, hasArchive);
    QFETCH(bool, isRegular);
    m_fixture->play(story);
    // Its twin is refreshed by the rules.
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const redis::UserKeys twin = m_fixture->keys.user(UserId("twin"));
    m_fixture->makeOlder(sessions);
    for (const auto &[from, to] :
         {std::pair(user.hash, twin.hash), std::pair(user.devices, twin.devices)})
        m_fixture->cli({u"COPY"_s, QString::fromLatin1(from), QString::fromLatin1(to)});
    const QByteArray before = m_fixture->stored(kUser.bytes());

    EmptyArchive archive;
    m_fixture->store.archive = hasArchive ? &archive : nullptr;
    const auto heard = m_fixture->beat(sessions, true);
    std::vector<QByteArray> ofRules{"twin", "60", {}, {}, {}, hasArchive ? "1" : "0"};
    ofRules.insert(ofRules.end(), sessions.begin(), sessions.end());
    const auto rules
        = m_fixture->call(m_fixture->scripts.userRefresh, twin.all(), std::move(ofRules));
    QVERIFY(heard && rules && !rules->isError());
    QCOMPARE(heard->has_value(), isRegular);
    if (!isRegular) {
        QCOMPARE(m_fixture->stored(kUser.bytes()), before);
        return;
    }
    const QByteArray byBeat = m_fixture->stored(kUser.bytes());
    const QByteArray byRules = m_fixture->stored("twin");
    QVERIFY2(byBeat == byRules || story.contains("closes"),
             (byBeat + "\n\n" + byRules).constData());
    for (const QByteArray &session : sessions) {
        const auto deadline = [&](const redis::UserKeys &of) {
            return m_fixture
                ->cli({u"HGET"_s, QString::fromLatin1(of.hash),
                       QString::fromLatin1("until:" + session)})
                .toLongLong();
        };
        QVERIFY(deadline(user) > 0);
        QVERIFY(std::abs(deadline(user) - deadline(twin)) < 2000);
    }
    QVERIFY(rules->elements()[1].elements().empty());
    QCOMPARE((*heard)->published, rules->elements()[2].bytes());
    const qint64 check = (*heard)->nextCheck;
    const qint64 checkOfRules = rules->elements()[0].toInteger().value_or(0);
    // What another service keeps alive, and what somebody began, is left to the sweeper.
    if (story.contains("foreign") || story.contains("stranded") || story.contains("waiting")
        || story.contains("ahead"))
        QCOMPARE(check, 0);
    else
        QVERIFY2(std::abs(check - checkOfRules) <= 1, qPrintable(QString::number(check)));
}

// Whether or not it is asked when the user is to be looked at.
void TestRegularHeartbeat::eachRegularHeartbeatKeepsTheKeyOfTheDevices()
{
    m_fixture->play("joins");
    const QString devices = QString::fromLatin1(m_fixture->keys.user(kUser).devices);
    for (const bool asksNextCheck : {false, true}) {
        m_fixture->makeOlder({"s1"});
        m_fixture->cli({u"EXPIRE"_s, devices, u"9"_s});
        const auto heard = m_fixture->beat({"s1"}, asksNextCheck);
        QVERIFY(heard && *heard);
        QVERIFY(m_fixture->cli({u"TTL"_s, devices}).toInt() > 9);
    }
}

void TestRegularHeartbeat::whatChangesWithinARegularHeartbeatTakesTheRules_data()
{
    QTest::addColumn<QList<QByteArrayList>>("meanwhile");
    QTest::addColumn<bool>("isLost");
    const QByteArray user = "presence:user:42";
    const QByteArray devices = user + ":devices";
    QTest::newRow("the user is gone") << QList<QByteArrayList>{{"DEL", user, devices}} << true;
    QTest::newRow("the session is gone")
        << QList<QByteArrayList>{{"HDEL", user, "session:s1", "until:s1"}, {"DEL", devices}}
        << true;
    QTest::newRow("the devices are gone") << QList<QByteArrayList>{{"DEL", devices}} << false;
    QTest::newRow("the device is gone")
        << QList<QByteArrayList>{{"ZREM", devices, kWeb.bytes()}} << false;
}

/// Between what it reads and what it writes.
void TestRegularHeartbeat::whatChangesWithinARegularHeartbeatTakesTheRules()
{
    QFETCH(QList<QByteArrayList>, meanwhile);
    QFETCH(bool, isLost);
    m_fixture->play("joins");
    m_fixture->makeOlder({"s1"});
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const auto heard = beatMeanwhile(meanwhile);
    QVERIFY(heard && !*heard);
    const auto rules = m_fixture->call(m_fixture->scripts.userRefresh, user.all(),
                                       {kUser.bytes(), "60", {}, {}, {}, "0", "s1"});
    QVERIFY(rules && !rules->isError());
    QCOMPARE(rules->elements()[1].elements().size(), size_t(isLost ? 1 : 0));
    const QString hash = QString::fromLatin1(user.hash);
    // Nothing is left of what the heartbeat wrote.
    if (isLost) {
        QVERIFY(m_fixture->call(
            m_fixture->scripts.userCheck, user.all(),
            {kUser.bytes(), "60", m_fixture->keys.userEvents(kUser), {}, {}, {}, "0"}));
        QCOMPARE(m_fixture->cli({u"HEXISTS"_s, hash, u"until:s1"_s}), "0");
        QCOMPARE(m_fixture->cli({u"EXISTS"_s, QString::fromLatin1(user.devices)}), "0");
    } else {
        QCOMPARE(m_fixture->cli({u"ZCARD"_s, QString::fromLatin1(user.devices)}), "1");
    }
    if (meanwhile.first().first() == "DEL" && isLost)
        QCOMPARE(m_fixture->cli({u"EXISTS"_s, hash}), "0");
}

void TestRegularHeartbeat::isSeenAt(qint64 time)
{
    const Timestamp shown{std::chrono::seconds(time)};
    QCOMPARE(m_fixture->get(kUser).lastSeen, shown);
    QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).lastSeen, shown);
}

/// A user is never shown as seen longer ago than the rules know: by what is read without them, nor
/// by them, which put it right.
void TestRegularHeartbeat::aHeartbeatThatIsLateTakesNothingBack()
{
    m_fixture->play("joins");
    m_fixture->makeOlder({"s1"});
    const QByteArray hash = m_fixture->keys.userHash(kUser);
    const qint64 later = m_fixture->now();
    const QByteArray seen = QByteArray::number(later);
    const auto heard
        = beatMeanwhile({{"HSET", hash, "last_seen", seen, "last_seen_by_rules", seen}},
                        redis::Time(std::chrono::seconds(later - 5)));
    QVERIFY(heard && *heard);
    const auto lastSeen = [&] {
        return m_fixture->cli({u"HGET"_s, QString::fromLatin1(hash), u"last_seen"_s}).trimmed();
    };
    QCOMPARE(lastSeen(), QByteArray::number(later - 5));
    isSeenAt(later);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QCOMPARE(lastSeen(), seen);
}

/// The archive, which could not be asked when the user came, says that it has been hiding for long.
void TestRegularHeartbeat::aHeartbeatThatIsLateShowsNobodyInHiding()
{
    m_fixture->play("joins unasked");
    m_fixture->makeOlder({"s1"});
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const qint64 hid = m_fixture->now() - 5000;
    const QByteArray since = QByteArray::number(hid);
    const auto heard = m_fixture->wait<Beat>([&](auto done) {
        RegularHeartbeat(m_fixture->store)
            .beat({{kUser, {kSession}}}, {},
                  [done](const auto &, const auto &beat) { done(beat); });
        m_fixture->redis.eval(m_fixture->scripts.userRecall, user.all(),
                              {kUser.bytes(),
                               "60",
                               m_fixture->keys.userEvents(kUser),
                               {},
                               m_fixture->keys.controlEvents(kUser),
                               {},
                               "found",
                               "[\"invisible\",\"\",\"\",\"0\"]",
                               "3",
                               since,
                               since,
                               "{\"status\":\"offline\"}"},
                              [](const auto &) {});
    });
    QVERIFY(heard);
    QCOMPARE(m_fixture->cli({u"HGET"_s, QString::fromLatin1(user.hash), u"status"_s}).trimmed(),
             "invisible");
    isSeenAt(hid);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Offline}));
    QCOMPARE(m_fixture->get(kUser).lastSeen, Timestamp{std::chrono::seconds(hid)});
}

/// In the second of a heartbeat that wrote the same.
void TestRegularHeartbeat::whatTheRulesWroteAgainIsNotTakenBack()
{
    m_fixture->play("joins");
    const QString hash = QString::fromLatin1(m_fixture->keys.userHash(kUser));
    qint64 hid = 0;
    QByteArray byRules;
    do {
        hid = m_fixture->now();
        m_fixture->cli({u"HSET"_s, hash, u"last_seen"_s, QString::number(hid),
                        u"last_seen_by_rules"_s, QString::number(hid - 10)});
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        byRules = m_fixture->cli({u"HGET"_s, hash, u"last_seen_by_rules"_s}).trimmed();
    } while (hid != m_fixture->now()); // a second began meanwhile
    QCOMPARE(byRules, QByteArray::number(hid) + '=' + QByteArray::number(hid));
    for (const qint64 late : {hid - 60, hid + 60}) {
        m_fixture->cli({u"HSET"_s, hash, u"last_seen"_s, QString::number(late)});
        isSeenAt(hid);
    }
}

/// It does not write last_seen_by_rules: what is there of the time in hiding before does not hold.
void TestRegularHeartbeat::whomADaemonOfBeforeBroughtOutOfHidingIsSeen()
{
    m_fixture->play("joins hides");
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const QString hash = QString::fromLatin1(user.hash);
    const qint64 now = m_fixture->now();
    const auto write = [&](const QString &status, qint64 time) {
        m_fixture->cli({u"HSET"_s, hash, u"status"_s, status, u"last_seen"_s, QString::number(time),
                        u"updated_at"_s, QString::number(time)});
    };
    // As if it had hidden long ago.
    QByteArray byRules = m_fixture->cli({u"HGET"_s, hash, u"last_seen_by_rules"_s}).trimmed();
    for (qint64 at = now - 5; at <= now; ++at)
        byRules.replace(QByteArray::number(at), QByteArray::number(now - 90));
    m_fixture->cli({u"HSET"_s, hash, u"last_seen_by_rules"_s, QString::fromLatin1(byRules)});
    write(u"invisible"_s, now - 90);
    isSeenAt(now - 90);
    write(u"online"_s, now - 60);
    isSeenAt(now - 60);
    write(u"invisible"_s, now - 30);
    isSeenAt(now - 30);
    QVERIFY(m_fixture->setStatus(kUser, {.customMessage = "m"_ba}));
    isSeenAt(now - 30);
    // So it is where another service says only what the user is.
    m_fixture->cli({u"HSET"_s, hash, u"status"_s, u"online"_s});
    const auto checked = m_fixture->call(m_fixture->scripts.userCheck, user.all(),
                                         {kUser.bytes(),
                                          "60",
                                          m_fixture->keys.userEvents(kUser),
                                          {},
                                          m_fixture->keys.controlEvents(kUser),
                                          {},
                                          "0"});
    QVERIFY(checked && !checked->isError());
    m_fixture->cli({u"HSET"_s, hash, u"last_seen"_s, QString::number(now)});
    isSeenAt(now);
}

/// By a clock that was set back since.
void TestRegularHeartbeat::aTimeThatIsAheadIsForgotten()
{
    m_fixture->play("joins");
    const QString hash = QString::fromLatin1(m_fixture->keys.userHash(kUser));
    m_fixture->cli(
        {u"HSET"_s, hash, u"last_seen_by_rules"_s, QString::number(m_fixture->now() + 300)});
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QVERIFY(m_fixture->get(kUser).lastSeen
            <= Timestamp{std::chrono::seconds(m_fixture->now() + 1)});
}

/// Other services, and daemons that do not know `regular`, change users as well; and so do clocks.
void TestRegularHeartbeat::whatOthersWroteIsNotHiddenByTheMark()
{
    const QString hash = QString::fromLatin1(m_fixture->keys.userHash(kUser));
    m_fixture->play("joins");
    m_fixture->makeOlder({"s1"});
    const qint64 ends = m_fixture->now() + 20;
    m_fixture->cli({u"HSET"_s, hash, u"expires_at"_s, QString::number(ends)});
    const auto soon = m_fixture->beat({"s1"}, true);
    QVERIFY(soon && *soon);
    QCOMPARE((*soon)->nextCheck, ends);
    m_fixture->makeOlder({"s1"});
    const QByteArray revision = m_fixture->cli({u"HGET"_s, hash, u"seen_revision"_s}).trimmed();
    m_fixture->cli({u"HSET"_s, hash, u"seen_revision"_s, u"5"_s});
    const auto other = m_fixture->beat({"s1"}, false);
    QVERIFY(other && !*other);
    m_fixture->cli({u"HSET"_s, hash, u"seen_revision"_s, QString::fromLatin1(revision)});
    const QString ahead = QString::number((m_fixture->now() + 600) * 1000);
    m_fixture->cli(
        {u"HSET"_s, hash, u"session:s1"_s, ahead + u" 1 a "_s + kWeb.toString() + u" acme"_s});
    const auto back = m_fixture->beat({"s1"}, false);
    QVERIFY(back && !*back);
}

/// One is written by the rules, the other by the regular heartbeat.
void TestRegularHeartbeat::theLaterDeadlineOfASessionHolds()
{
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const QString hash = QString::fromLatin1(user.hash);
    const auto sweep = [&] {
        const QByteArray now = QByteArray::number(m_fixture->now());
        return m_fixture->call(
            m_fixture->scripts.userCheck, user.all(),
            {kUser.bytes(), "60", m_fixture->keys.userEvents(kUser), {}, {}, {}, "0", {}, now});
    };
    const auto end = [&](const QString &field, qint64 seconds) {
        const QByteArray text = m_fixture->cli({u"HGET"_s, hash, field});
        const QByteArray ends = QByteArray::number((m_fixture->now() + seconds) * 1000);
        const QByteArray rest = field.startsWith("session:"_L1) ? text.mid(text.indexOf(' ')) : "";
        m_fixture->cli({u"HSET"_s, hash, field, QString::fromUtf8(ends + rest)});
    };
    m_fixture->play("joins");
    end(u"session:s1"_s, -5);
    QVERIFY(sweep());
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    end(u"session:s1"_s, 50);
    end(u"until:s1"_s, -5);
    QVERIFY(sweep());
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    end(u"session:s1"_s, -5);
    QVERIFY(sweep());
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QCOMPARE(m_fixture->cli({u"HEXISTS"_s, hash, u"until:s1"_s}), "0");
}

PRESENCE_TEST(TestRegularHeartbeat)
#include "tst_regularheartbeat.moc"
