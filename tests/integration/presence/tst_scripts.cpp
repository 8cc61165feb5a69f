// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/regularheartbeat.h"
#include "tests/integration/presence/trackerfixture.h"
#include "tests/support/pubsublog.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;

/// What all scripts of users have in common, and what two of them must do alike.
class TestScripts : public QObject
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
    void aTimeThatIsAheadIsForgotten();
    void whatOthersWroteIsNotHiddenByTheMark();
    void theLaterDeadlineOfASessionHolds();
    void manyWorkspacesInACallAreEachTheirOwn();
    void whoComesByAnotherServiceIsDue();
    void sessionsByAClockThatWasSetBackAreAllFound();
    void whatIsDoneAllTheTimeIsFewCommands_data();
    void whatIsDoneAllTheTimeIsFewCommands();
    void aServerThatRefusesWritesIsLeftAsItWas_data();
    void aServerThatRefusesWritesIsLeftAsItWas();

private:
    using Reply = redis::Reply;

    using Beat = std::optional<RegularHeartbeat::Beat>;

    void play(const QByteArray &story);
    void makeOlder(const QByteArrayList &sessions);
    Result<Beat> beat(const QByteArrayList &sessions, bool asksNextCheck);
    Result<Beat> beatMeanwhile(const QList<QByteArrayList> &meanwhile,
                               std::optional<redis::Time> now = {});
    void isSeenAt(qint64 time);
    QByteArray stored(const QByteArray &user);
    Result<Reply> call(const redis::Script &script, std::vector<QByteArray> keys,
                       std::vector<QByteArray> arguments);

    std::optional<TrackerFixture> m_fixture;
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

/// Each word is something that happens to kUser.
void TestScripts::play(const QByteArray &story)
{
    const QString key = QString::fromLatin1(m_fixture->keys.userHash(kUser));
    for (const QByteArray &word : story.split(' ')) {
        if (word == "joins")
            QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
        else if (word == "roams")
            QVERIFY(m_fixture->heartbeat(kUser, kWeb, {}));
        else if (word == "phones")
            QVERIFY(m_fixture->heartbeat(kUser, kPhone, kAcme, kOtherSession));
        else if (word == "busy")
            QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy, .clearAfter = 20s}));
        else if (word == "away")
            QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Away}));
        else if (word == "back")
            QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        else if (word == "hides")
            QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        else if (word == "closes")
            QVERIFY(m_fixture->disconnect(kUser));
        else if (word == "evicted")
            m_fixture->cli({u"DEL"_s, key});
        else if (word == "lasts") { // longer than other versions believe it
            const QString ended = QString::number((m_fixture->now() - 2000) * 1000);
            m_fixture->cli({u"HSET"_s, key, u"session:s1"_s,
                            ended + u" 1 a "_s + kWeb.toString() + u" acme"_s});
        } else if (word == "unasked")
            m_fixture->cli({u"HSET"_s, key, u"unasked"_s, u"5"_s});
        else if (word == "stranded")
            m_fixture->cli({u"HSET"_s, key, u"channels:gone"_s, u"7"_s});
        else if (word == "ahead") {
            const QString end = QString::number((m_fixture->now() + 600) * 1000);
            m_fixture->cli({u"HSET"_s, key, u"session:gone"_s, end + u" 1 a other acme"_s});
            m_fixture->cli(
                {u"ZADD"_s, key + u":devices"_s, QString::number(m_fixture->now()), u"other"_s});
        } else if (word == "waiting")
            m_fixture->cli({u"HSET"_s, key, u"waiting"_s, u"{}"_s});
        else if (word == "foreign")
            m_fixture->cli({u"ZADD"_s, key + u":devices"_s, QString::number(1), u"other"_s});
        // As the rules would have marked it.
        if (word == "stranded" || word == "ahead" || word == "waiting") {
            const QByteArray seen = m_fixture->cli({u"HGET"_s, key, u"seen_revision"_s});
            m_fixture->cli({u"HSET"_s, key, u"regular"_s,
                            QString::fromLatin1(seen.trimmed() + (word == "ahead" ? " 2" : ""))});
        }
    }
}

/// All that is kept of a user; times of now are "now".
QByteArray TestScripts::stored(const QByteArray &user)
{
    const QString key = QString::fromLatin1(m_fixture->keys.userHash(UserId(user)));
    const QByteArray now = m_fixture->cli({u"TIME"_s}).split('\n').first();
    QStringList fields;
    const QByteArrayList all = m_fixture->cli({u"HGETALL"_s, key}).split('\n');
    for (qsizetype i = 0; i + 1 < all.size(); i += 2)
        fields.append(QString::fromUtf8(all[i] + '=' + all[i + 1]));
    const QByteArrayList devices
        = m_fixture->cli({u"ZRANGE"_s, key + u":devices"_s, u"0"_s, u"-1"_s, u"WITHSCORES"_s})
              .split('\n');
    for (qsizetype i = 0; i + 1 < devices.size(); i += 2)
        fields.append(QString::fromUtf8(devices[i] + ' ' + devices[i + 1]));
    fields.sort(); // a second may begin in between, and the order of devices be another one
    QString text = fields.join(u'\n');
    const qint64 seconds = now.toLongLong();
    text.replace(QRegularExpression(u"(session:[^=\\n]*=)\\d+ "_s), u"\\1then "_s);
    text.replace(QRegularExpression(u"(until:[^=\\n]*=)\\d+"_s), u"\\1then"_s);
    text.replace(QRegularExpression(u"(last_seen_by_rules=)\\d+"_s), u"\\1then"_s);
    for (qint64 ago = 0; ago < 4; ++ago) // a machine may be slow
        text.replace(QString::number(seconds - ago), u"now"_s);
    return text.toUtf8();
}

Result<redis::Reply> TestScripts::call(const redis::Script &script, std::vector<QByteArray> keys,
                                       std::vector<QByteArray> arguments)
{
    return m_fixture->wait<Reply>([&](auto done) {
        m_fixture->redis.eval(script, std::move(keys), std::move(arguments), std::move(done));
    });
}

/// As if the last heartbeat had been a while ago.
void TestScripts::makeOlder(const QByteArrayList &sessions)
{
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const QString hash = QString::fromLatin1(user.hash);
    const QString devices = QString::fromLatin1(user.devices);
    for (const QByteArray &session : sessions) {
        const QString field = u"session:"_s + QString::fromLatin1(session);
        const QByteArray text = m_fixture->cli({u"HGET"_s, hash, field});
        if (!text.contains(' '))
            continue;
        const QByteArray ends = QByteArray::number(text.split(' ')[0].toLongLong() - 9000);
        m_fixture->cli({u"HSET"_s, hash, field,
                        QString::fromUtf8(ends + text.mid(text.indexOf(' '))),
                        u"until:"_s + QString::fromLatin1(session), QString::fromLatin1(ends)});
    }
    for (const auto *field : {"last_seen", "last_seen_by_rules"}) {
        const QByteArray seen = m_fixture->cli({u"HGET"_s, hash, QString::fromLatin1(field)});
        if (seen.trimmed().toLongLong() > 0)
            m_fixture->cli({u"HINCRBY"_s, hash, QString::fromLatin1(field), u"-9"_s});
    }
    for (const QByteArray &device :
         m_fixture->cli({u"ZRANGE"_s, devices, u"0"_s, u"-1"_s}).split('\n')) {
        if (!device.isEmpty())
            m_fixture->cli({u"ZINCRBY"_s, devices, u"-9"_s, QString::fromUtf8(device)});
    }
}

Result<TestScripts::Beat> TestScripts::beat(const QByteArrayList &sessions, bool asksNextCheck)
{
    QList<SessionId> ids;
    for (const QByteArray &session : sessions)
        ids.append(SessionId(session));
    return m_fixture->wait<Beat>([&](auto done) {
        RegularHeartbeat(m_fixture->store)
            .beat({{kUser, ids,
                    asksNextCheck ? RegularHeartbeat::NextCheck::Asked
                                  : RegularHeartbeat::NextCheck::NotAsked}},
                  {}, [done](const auto &, const auto &beat) { done(beat); });
    });
}

/// Commands of others come between what it reads and what it writes.
Result<TestScripts::Beat> TestScripts::beatMeanwhile(const QList<QByteArrayList> &meanwhile,
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

void TestScripts::theRegularHeartbeatDoesWhatTheRulesDo_data()
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

void TestScripts::theRegularHeartbeatDoesWhatTheRulesDo()
{
    QFETCH(QByteArray, story);
    QFETCH(QByteArrayList, sessions);
    QFETCH(bool, hasArchive);
    QFETCH(bool, isRegular);
    play(story);
    // Its twin is refreshed by the rules.
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const redis::UserKeys twin = m_fixture->keys.user(UserId("twin"));
    makeOlder(sessions);
    for (const auto &[from, to] :
         {std::pair(user.hash, twin.hash), std::pair(user.devices, twin.devices)})
        m_fixture->cli({u"COPY"_s, QString::fromLatin1(from), QString::fromLatin1(to)});
    const QByteArray before = stored(kUser.bytes());

    EmptyArchive archive;
    m_fixture->store.archive = hasArchive ? &archive : nullptr;
    const auto heard = beat(sessions, true);
    std::vector<QByteArray> ofRules{"twin", "60", {}, {}, {}, hasArchive ? "1" : "0"};
    ofRules.insert(ofRules.end(), sessions.begin(), sessions.end());
    const auto rules = call(m_fixture->scripts.userRefresh, twin.all(), std::move(ofRules));
    QVERIFY(heard && rules && !rules->isError());
    QCOMPARE(heard->has_value(), isRegular);
    if (!isRegular) {
        QCOMPARE(stored(kUser.bytes()), before);
        return;
    }
    const QByteArray byBeat = stored(kUser.bytes());
    const QByteArray byRules = stored("twin");
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
void TestScripts::eachRegularHeartbeatKeepsTheKeyOfTheDevices()
{
    play("joins");
    const QString devices = QString::fromLatin1(m_fixture->keys.user(kUser).devices);
    for (const bool asksNextCheck : {false, true}) {
        makeOlder({"s1"});
        m_fixture->cli({u"EXPIRE"_s, devices, u"9"_s});
        const auto heard = beat({"s1"}, asksNextCheck);
        QVERIFY(heard && *heard);
        QVERIFY(m_fixture->cli({u"TTL"_s, devices}).toInt() > 9);
    }
}

void TestScripts::whatChangesWithinARegularHeartbeatTakesTheRules_data()
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
void TestScripts::whatChangesWithinARegularHeartbeatTakesTheRules()
{
    QFETCH(QList<QByteArrayList>, meanwhile);
    QFETCH(bool, isLost);
    play("joins");
    makeOlder({"s1"});
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const auto heard = beatMeanwhile(meanwhile);
    QVERIFY(heard && !*heard);
    const auto rules = call(m_fixture->scripts.userRefresh, user.all(),
                            {kUser.bytes(), "60", {}, {}, {}, "0", "s1"});
    QVERIFY(rules && !rules->isError());
    QCOMPARE(rules->elements()[1].elements().size(), size_t(isLost ? 1 : 0));
    const QString hash = QString::fromLatin1(user.hash);
    // Nothing is left of what the heartbeat wrote.
    if (isLost) {
        QVERIFY(call(m_fixture->scripts.userCheck, user.all(),
                     {kUser.bytes(), "60", m_fixture->keys.userEvents(kUser), {}, {}, {}, "0"}));
        QCOMPARE(m_fixture->cli({u"HEXISTS"_s, hash, u"until:s1"_s}), "0");
        QCOMPARE(m_fixture->cli({u"EXISTS"_s, QString::fromLatin1(user.devices)}), "0");
    } else {
        QCOMPARE(m_fixture->cli({u"ZCARD"_s, QString::fromLatin1(user.devices)}), "1");
    }
    if (meanwhile.first().first() == "DEL" && isLost)
        QCOMPARE(m_fixture->cli({u"EXISTS"_s, hash}), "0");
}

void TestScripts::isSeenAt(qint64 time)
{
    const Timestamp shown{std::chrono::seconds(time)};
    QCOMPARE(m_fixture->get(kUser).lastSeen, shown);
    QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).lastSeen, shown);
}

/// A user is never shown as seen longer ago than the rules know: by what is read without them, nor
/// by them, which put it right.
void TestScripts::aHeartbeatThatIsLateTakesNothingBack()
{
    play("joins");
    makeOlder({"s1"});
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
void TestScripts::aHeartbeatThatIsLateShowsNobodyInHiding()
{
    play("joins unasked");
    makeOlder({"s1"});
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
void TestScripts::whatTheRulesWroteAgainIsNotTakenBack()
{
    play("joins");
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
    QCOMPARE(byRules, '=' + QByteArray::number(hid));
    for (const qint64 late : {hid - 60, hid + 60}) {
        m_fixture->cli({u"HSET"_s, hash, u"last_seen"_s, QString::number(late)});
        isSeenAt(hid);
    }
}

/// By a clock that was set back since.
void TestScripts::aTimeThatIsAheadIsForgotten()
{
    play("joins");
    const QString hash = QString::fromLatin1(m_fixture->keys.userHash(kUser));
    m_fixture->cli(
        {u"HSET"_s, hash, u"last_seen_by_rules"_s, QString::number(m_fixture->now() + 300)});
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QVERIFY(m_fixture->get(kUser).lastSeen
            <= Timestamp{std::chrono::seconds(m_fixture->now() + 1)});
}

/// Other services, and daemons that do not know `regular`, change users as well; and so do clocks.
void TestScripts::whatOthersWroteIsNotHiddenByTheMark()
{
    const QString hash = QString::fromLatin1(m_fixture->keys.userHash(kUser));
    play("joins");
    makeOlder({"s1"});
    const qint64 ends = m_fixture->now() + 20;
    m_fixture->cli({u"HSET"_s, hash, u"expires_at"_s, QString::number(ends)});
    const auto soon = beat({"s1"}, true);
    QVERIFY(soon && *soon);
    QCOMPARE((*soon)->nextCheck, ends);
    makeOlder({"s1"});
    const QByteArray revision = m_fixture->cli({u"HGET"_s, hash, u"seen_revision"_s}).trimmed();
    m_fixture->cli({u"HSET"_s, hash, u"seen_revision"_s, u"5"_s});
    const auto other = beat({"s1"}, false);
    QVERIFY(other && !*other);
    m_fixture->cli({u"HSET"_s, hash, u"seen_revision"_s, QString::fromLatin1(revision)});
    const QString ahead = QString::number((m_fixture->now() + 600) * 1000);
    m_fixture->cli(
        {u"HSET"_s, hash, u"session:s1"_s, ahead + u" 1 a "_s + kWeb.toString() + u" acme"_s});
    const auto back = beat({"s1"}, false);
    QVERIFY(back && !*back);
}

/// One is written by the rules, the other by the regular heartbeat.
void TestScripts::theLaterDeadlineOfASessionHolds()
{
    const redis::UserKeys user = m_fixture->keys.user(kUser);
    const QString hash = QString::fromLatin1(user.hash);
    const auto sweep = [&] {
        const QByteArray now = QByteArray::number(m_fixture->now());
        return call(
            m_fixture->scripts.userCheck, user.all(),
            {kUser.bytes(), "60", m_fixture->keys.userEvents(kUser), {}, {}, {}, "0", {}, now});
    };
    const auto end = [&](const QString &field, qint64 seconds) {
        const QByteArray text = m_fixture->cli({u"HGET"_s, hash, field});
        const QByteArray ends = QByteArray::number((m_fixture->now() + seconds) * 1000);
        const QByteArray rest = field.startsWith("session:"_L1) ? text.mid(text.indexOf(' ')) : "";
        m_fixture->cli({u"HSET"_s, hash, field, QString::fromUtf8(ends + rest)});
    };
    play("joins");
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

void TestScripts::manyWorkspacesInACallAreEachTheirOwn()
{
    const qint64 now = m_fixture->now();
    const QString fresh = QString::number(now);
    m_fixture->cli({u"SET"_s, u"presence:online:broken"_s, u"text"_s});
    m_fixture->cli({u"ZADD"_s, u"presence:online:acme"_s, fresh, u"a"_s, QString::number(now - 100),
                    u"silent"_s, QString::number(now + 100), u"ahead"_s});
    m_fixture->cli({u"ZADD"_s, u"presence:online:quiet"_s, fresh, u"a"_s});
    std::vector<QByteArray> keys;
    for (const char *workspace : {"broken", "acme", "quiet", "gone"})
        keys.push_back("presence:online:"_ba + workspace);
    const auto answer = call(m_fixture->scripts.workspaceStale, std::move(keys), {"60", "500"});
    QVERIFY(answer);
    const auto &rows = answer->elements();
    QCOMPARE(rows.size(), size_t(8));
    QCOMPARE(rows[0].toInteger().value_or(0), -1);
    QCOMPARE(rows[2].toInteger().value_or(0), 3);
    QCOMPARE(rows[3].elements().size(), size_t(1));
    QCOMPARE(rows[3].elements()[0].bytes(), "silent");
    QVERIFY(m_fixture->cli({u"ZSCORE"_s, u"presence:online:acme"_s, u"ahead"_s}).toLongLong()
            < now + 90);
    QCOMPARE(rows[4].toInteger().value_or(0), 1);
    QVERIFY(rows[5].elements().empty());
    QCOMPARE(rows[6].toInteger().value_or(-1), 0);
}

/// Its device is no field of the user, and ends all the same.
void TestScripts::whoComesByAnotherServiceIsDue()
{
    m_fixture->cli({u"ZADD"_s, QString::fromLatin1(m_fixture->keys.user(kUser).devices),
                    QString::number(m_fixture->now()), u"other"_s});
    play("busy");
    QVERIFY(!m_fixture
                 ->cli({u"ZSCORE"_s, u"presence:index:users"_s, QString::fromLatin1(kUser.bytes())})
                 .trimmed()
                 .isEmpty());
}

/// As they are, too, once PRESENCE_TTL was made shorter. Redis must not be busy with them for ever.
void TestScripts::sessionsByAClockThatWasSetBackAreAllFound()
{
    const qint64 ahead = (m_fixture->now() + 3'600) * 1000;
    for (int number = 0; number < 60; ++number) {
        const UserId user("u" + QByteArray::number(number));
        const QString key = QString::fromLatin1(m_fixture->keys.userHash(user));
        QStringList words{u"HSET"_s, key};
        for (int i = 0; i < 3 + number % 4; ++i) {
            const QString id
                = u"%1-%2"_s.arg(number * 7'919, 8, 16, '0'_L1).arg(i * 104'729, 0, 16);
            words << u"session:"_s + id << u"%1 1 a web:%2 acme"_s.arg(ahead).arg(i);
        }
        m_fixture->cli(words);
        QVERIFY2(m_fixture->heartbeat(user, kWeb, kAcme), user.bytes().constData());
        const qint64 latest = (m_fixture->now() + 61) * 1000;
        const QByteArrayList fields = m_fixture->cli({u"HGETALL"_s, key}).split('\n');
        for (qsizetype i = 0; i + 1 < fields.size(); i += 2) {
            if (fields[i].startsWith("session:"))
                QVERIFY2(fields[i + 1].split(' ').first().toLongLong() <= latest,
                         fields[i + 1].constData());
        }
    }
}

void TestScripts::whatIsDoneAllTheTimeIsFewCommands_data()
{
    QTest::addColumn<QByteArray>("story");
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<int>("most");
    QTest::newRow("a heartbeat") << "joins"_ba
                                 << "beats"_ba << 6;
    QTest::newRow("a status") << "joins"_ba
                              << "away"_ba << 14;
    QTest::newRow("a status in no workspace") << "roams"_ba
                                              << "away"_ba << 8;
    QTest::newRow("a close") << "joins"_ba
                             << "closes"_ba << 5;
}

/// Redis' time is the budget of the whole service.
void TestScripts::whatIsDoneAllTheTimeIsFewCommands()
{
    QFETCH(QByteArray, story);
    QFETCH(QByteArray, what);
    QFETCH(int, most);
    play(story);
    static const QRegularExpression command(
        u"cmdstat_(?!eval|fcall|function|config|info|ping|client)([^:]*):calls=(\\d+)"_s);
    // One change in eight, by the microsecond, clears the workspace's leavers as well
    // (workspace/put.lua): two commands more.
    int least = std::numeric_limits<int>::max();
    QString text;
    for (int i = 0; i < (what == "away" ? 8 : 1); ++i) {
        if (i > 0)
            play("back");
        if (what == "beats")
            makeOlder({"s1"});
        m_fixture->cli({u"CONFIG"_s, u"RESETSTAT"_s});
        if (what == "beats") {
            const auto heard = beat({"s1"}, false);
            QVERIFY(heard && *heard);
        } else {
            play(what);
        }
        text = QString::fromUtf8(m_fixture->cli({u"INFO"_s, u"commandstats"_s}));
        int count = 0;
        for (const auto &match : command.globalMatch(text))
            count += match.captured(2).toInt();
        QVERIFY2(count > 2 && count <= most + 2, qPrintable(text));
        least = std::min(least, count);
    }
    QVERIFY2(least <= most, qPrintable(text));
}

void TestScripts::aServerThatRefusesWritesIsLeftAsItWas_data()
{
    QTest::addColumn<QStringList>("refuse");
    QTest::addColumn<QStringList>("accept");
    const QStringList set{u"CONFIG"_s, u"SET"_s};
    QTest::newRow("full") << set + QStringList{u"maxmemory"_s, u"1"_s}
                          << set + QStringList{u"maxmemory"_s, u"0"_s};
    QTest::newRow("too few replicas") << set + QStringList{u"min-replicas-to-write"_s, u"9"_s}
                                      << set + QStringList{u"min-replicas-to-write"_s, u"0"_s};
}

void TestScripts::aServerThatRefusesWritesIsLeftAsItWas()
{
    QFETCH(QStringList, refuse);
    QFETCH(QStringList, accept);
    m_fixture.emplace(PresenceConfig{.offlineGrace = 0s});
    play("joins phones busy");
    m_fixture->cli({u"HSET"_s, QString::fromLatin1(m_fixture->keys.userHash(kUser)),
                    u"session:old"_s, u"1 1 a web:old acme"_s});
    const QByteArray before = stored(kUser.bytes());
    PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
    m_fixture->cli(refuse);
    const auto &scripts = m_fixture->scripts;
    const auto keys = m_fixture->keys.user(kUser).all();
    const QByteArray ttl = "60";
    const QByteArray told = m_fixture->keys.userEvents(kUser);
    // The sweeper takes away a session that is over, and a connection closes.
    const auto check
        = call(scripts.userCheck, keys, {kUser.bytes(), ttl, told, "presence:status", {}, {}, "1"});
    const auto closed = m_fixture->disconnect(kUser);
    const auto status = m_fixture->setStatus(kUser, {.status = Status::Invisible});
    const auto seen = m_fixture->get(kUser);
    m_fixture->cli(accept);
    QVERIFY(check && check->isError());
    QVERIFY(!closed && !status);
    QCOMPARE(seen.status, Status::Busy);
    QCOMPARE(stored(kUser.bytes()), before);
    QVERIFY(log.messages.isEmpty());
    QVERIFY(m_fixture->disconnect(kUser));
}

PRESENCE_TEST(TestScripts)
#include "tst_scripts.moc"
