// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/watchlist.h"
#include "shared/protocol/limits.h"
#include "tests/support/epolltest.h"
#include "tests/unit/channels/hubfixture.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace presence;
using namespace presence::channels;
using namespace presence::channels::test;
using namespace Qt::StringLiterals;

class TestWatchList : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void anAnswerWaitsUntilAllUsersAreKnown();
    void usersWhoAreKnownAreAnsweredAtOnce();
    void changesComeAfterTheAnswer();
    void whatChangesBeforeTheAnswerIsInIt();
    void aReadThatFailsIsTriedAgain();
    void tooManyAreRefusedWhole();
    void twoRequestsForOneUserAreBothAnswered();
    void whoIsRemovedIsNotWaitedFor();
    void whoIsRemovedIsNotHeardOf();
    void afterTheDeadlineEverythingIsPushed();
    void theEndLeavesAllTopics();
    void whoWatchesAgainSoonReadsNothing();
    void whoIsElsewhereIsAsNobody();
    void whoMovesWhileItIsReadIsReadAgain();
    void watchersOfOtherWorkspacesAreToldOtherThings();

private:
    using Answer = std::optional<Result<QByteArray>>;

    /// "anna online, bob busy", or why not.
    static QString summary(const Answer &answer);
    std::shared_ptr<Answer> watch(const std::vector<UserId> &users);

    std::optional<HubFixture> m_hub;
    std::optional<eventloop::DeadlineWheel> m_deadlines;
    std::optional<WatchList> m_list;
    QStringList m_pushed;
};

static QString summaryOf(const QJsonObject &user)
{
    return user["user_id"_L1].toString() + u' ' + user["status"_L1].toString();
}

QString TestWatchList::summary(const Answer &answer)
{
    if (!answer)
        return u"none"_s;
    if (!*answer)
        return (*answer).error().detail;
    QStringList users;
    for (const QJsonValue &user : QJsonDocument::fromJson(**answer).array())
        users += summaryOf(user.toObject());
    return users.join(u", "_s);
}

void TestWatchList::init()
{
    m_hub.emplace();
    m_deadlines.emplace(1ms);
    m_pushed.clear();
    m_list.emplace(m_hub->hub, *m_deadlines, limits::Payer(), Sight(),
                   [this](const hub::Broadcast &update) {
                       m_pushed += summaryOf(QJsonDocument::fromJson(update.payload()).object());
                   });
}

void TestWatchList::cleanup()
{
    m_list.reset();
    m_deadlines.reset();
    m_hub.reset();
}

std::shared_ptr<TestWatchList::Answer> TestWatchList::watch(const std::vector<UserId> &users)
{
    const auto answer = std::make_shared<Answer>();
    m_list->add(users, [answer](Result<QByteArray> result) {
        if (*answer)
            qFatal("answered twice");
        *answer = std::move(result);
    });
    return answer;
}

void TestWatchList::anAnswerWaitsUntilAllUsersAreKnown()
{
    const auto answer = watch({kBob, kAnna});
    m_hub->know(kAnna, "online", 1);
    QCOMPARE(summary(*answer), u"none"_s);
    m_hub->know(kBob, "busy", 2);
    QCOMPARE(summary(*answer), u"bob busy, anna online"_s);
    QVERIFY(m_pushed.isEmpty());
}

void TestWatchList::usersWhoAreKnownAreAnsweredAtOnce()
{
    watch({kAnna});
    m_hub->know(kAnna, "online", 1);
    QCOMPARE(summary(*watch({kAnna})), u"anna online"_s);
    QCOMPARE(summary(*watch({})), QString());
}

void TestWatchList::changesComeAfterTheAnswer()
{
    watch({kAnna});
    m_hub->know(kAnna, "online", 1);
    m_hub->publish(kAnna, "away", 2);
    m_hub->publish(kAnna, "away", 2);
    m_hub->publish(kAnna, "busy", 3);
    // The first at once, what it comes to at the end of the window.
    QCOMPARE(m_pushed, QStringList({u"anna away"_s}));
    m_hub->publish(kAnna, "online", 4);
    QTRY_COMPARE(m_pushed, QStringList({u"anna away"_s, u"anna online"_s}));
}

void TestWatchList::whatChangesBeforeTheAnswerIsInIt()
{
    const auto answer = watch({kAnna, kBob});
    m_hub->know(kAnna, "online", 1);
    m_hub->publish(kAnna, "away", 2);
    m_hub->know(kBob, "online", 1);
    QCOMPARE(summary(*answer), u"anna away, bob online"_s);
    QVERIFY(m_pushed.isEmpty());
}

void TestWatchList::aReadThatFailsIsTriedAgain()
{
    const auto answer = watch({kAnna});
    m_hub->acknowledge(kAnna);
    m_hub->reads.take(kAnna)(fail(ErrorCode::Unavailable, u"away"_s));
    QTRY_VERIFY(m_hub->reads.contains(kAnna));
    m_hub->answer(kAnna, "online", 1);
    QCOMPARE(summary(*answer), u"anna online"_s);
}

void TestWatchList::tooManyAreRefusedWhole()
{
    std::vector<UserId> users;
    for (int i = 0; i <= limits::kMaxWatched; ++i)
        users.emplace_back("u" + QByteArray::number(i));
    QCOMPARE((*watch(users))->error().code, ErrorCode::RateLimited);
    QTRY_COMPARE(m_hub->hub.topicCount(), 0U);
    users.pop_back();
    watch(users);
    QTRY_COMPARE(m_hub->hub.topicCount(), size_t(limits::kMaxWatched));
    // One that is watched already takes no place.
    QVERIFY(!*watch({users.front()}));
}

void TestWatchList::twoRequestsForOneUserAreBothAnswered()
{
    const auto one = watch({kAnna});
    const auto two = watch({kAnna, kBob});
    m_hub->know(kAnna, "online", 1);
    QCOMPARE(summary(*one), u"anna online"_s);
    QCOMPARE(summary(*two), u"none"_s);
    m_hub->know(kBob, "online", 1);
    QCOMPARE(summary(*two), u"anna online, bob online"_s);
}

void TestWatchList::whoIsRemovedIsNotWaitedFor()
{
    const auto answer = watch({kAnna, kBob});
    m_hub->know(kAnna, "online", 1);
    m_list->remove({kBob});
    QCOMPARE(summary(*answer), u"anna online"_s);
}

void TestWatchList::whoIsRemovedIsNotHeardOf()
{
    watch({kAnna});
    m_hub->know(kAnna, "online", 1);
    m_list->remove({kAnna, kBob});
    m_hub->publish(kAnna, "away", 2);
    QVERIFY(m_pushed.isEmpty());
    QCOMPARE(m_hub->hub.topicCount(), 0U);
}

// Also what changed while the answer was still to come, which would have had it.
void TestWatchList::afterTheDeadlineEverythingIsPushed()
{
    watch({kAnna});
    m_hub->know(kAnna, "online", 1);
    const auto answer = watch({kAnna, kBob, kCarl});
    m_hub->know(kCarl, "online", 1);
    m_hub->publish(kAnna, "away", 2);
    QVERIFY(m_pushed.isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(answer->has_value(), 2 * int(limits::kTopicDeadline / 1ms));
    QCOMPARE((*answer)->error().code, ErrorCode::Unavailable);
    QCOMPARE(m_pushed, QStringList({u"anna away"_s}));
    m_hub->publish(kAnna, "busy", 3);
    m_hub->know(kBob, "online", 1);
    QCOMPARE(m_pushed, QStringList({u"anna away"_s, u"anna busy"_s, u"bob online"_s}));
}

void TestWatchList::theEndLeavesAllTopics()
{
    watch({kAnna, kBob});
    m_hub->know(kAnna, "online", 1);
    m_list.reset();
    QCOMPARE(m_hub->hub.topicCount(), 0U);
}

void TestWatchList::whoWatchesAgainSoonReadsNothing()
{
    HubFixture lingering({10ms, 1s, 300ms});
    const auto add = [&](WatchList &list) {
        QString rows;
        list.add({kAnna}, [&rows](const Result<QByteArray> &answer) { rows = summary(answer); });
        return rows;
    };
    const auto ignore = [](const hub::Broadcast &) {};
    {
        WatchList list(lingering.hub, *m_deadlines, {}, {}, ignore);
        list.add({kAnna}, [](const auto &) {});
        lingering.know(kAnna, "online", 1);
        list.remove({kAnna});
        lingering.publish(kAnna, "busy", 2);
        QCOMPARE(add(list), u"anna busy"_s);
    }
    WatchList other(lingering.hub, *m_deadlines, {}, {}, ignore);
    QCOMPARE(add(other), u"anna busy"_s);
    QVERIFY(lingering.reads.isEmpty());
    other.remove({kAnna});
    QCOMPARE(lingering.hub.topicCount(), size_t(1));
    QTRY_COMPARE(lingering.hub.topicCount(), size_t(0));
}

/// Whoever sees who is shown in these.
static Sight within(const QSet<WorkspaceId> &workspaces)
{
    return {.self = UserId("watcher"), .within = workspaces};
}

void TestWatchList::whoIsElsewhereIsAsNobody()
{
    m_list.emplace(
        m_hub->hub, *m_deadlines, limits::Payer(), within({WorkspaceId("a")}),
        [this](const hub::Broadcast &update) { m_pushed += QString::fromUtf8(update.payload()); });
    const auto answer = watch({kAnna});
    m_hub->acknowledge(kAnna);
    m_hub->answer(kAnna, "busy", 7, "b c");
    const QJsonObject seen = QJsonDocument::fromJson((*answer)->value()).array().first().toObject();
    QCOMPARE(seen["status"_L1], "offline"_L1);
    QCOMPARE(seen["revision"_L1].toInteger(), 0);
    QCOMPARE(seen["last_seen"_L1], QJsonValue());
    m_hub->publish(kAnna, "away", 8);
    QTRY_VERIFY(m_hub->reads.contains(kAnna));
    m_hub->answer(kAnna, "away", 8, "b c");
    QVERIFY(m_hub->reads.isEmpty());
    QVERIFY(m_pushed.isEmpty());
}

void TestWatchList::whoMovesWhileItIsReadIsReadAgain()
{
    m_list.emplace(m_hub->hub, *m_deadlines, limits::Payer(), within({WorkspaceId("a")}),
                   [this](const hub::Broadcast &update) {
                       m_pushed += summaryOf(QJsonDocument::fromJson(update.payload()).object());
                   });
    watch({kAnna});
    m_hub->acknowledge(kAnna);
    m_hub->answer(kAnna, "busy", 7, "a");
    m_hub->publishMove(kAnna);
    m_hub->publishMove(kAnna); // and back while that is read
    QTRY_VERIFY(m_hub->reads.contains(kAnna));
    m_hub->publish(kAnna, "away", 9);
    m_hub->answer(kAnna, "busy", 8, "b");
    QTRY_VERIFY(m_hub->reads.contains(kAnna));
    m_hub->answer(kAnna, "away", 9, "a");
    QVERIFY(m_hub->reads.isEmpty());
    QTRY_COMPARE(m_pushed.last(), u"anna away"_s);
    m_hub->publishMove(kAnna);
    QTRY_VERIFY(m_hub->reads.contains(kAnna));
    m_hub->answer(kAnna, "away", 10, "b");
    QTRY_COMPARE(m_pushed.last(), u"anna offline"_s);
    m_hub->publishMove(kAnna);
    QTRY_VERIFY(m_hub->reads.contains(kAnna));
    m_hub->answer(kAnna, "away", 11, "b a");
    QTRY_COMPARE(m_pushed.last(), u"anna away"_s);
}

void TestWatchList::watchersOfOtherWorkspacesAreToldOtherThings()
{
    QStringList others;
    WatchList other(m_hub->hub, *m_deadlines, limits::Payer(), within({WorkspaceId("b")}),
                    [&others](const hub::Broadcast &update) {
                        others += summaryOf(QJsonDocument::fromJson(update.payload()).object());
                    });
    m_list->follow({kAnna}); // sees everybody
    other.follow({kAnna});
    // One subscription, two topics.
    m_hub->acknowledge(kAnna);
    m_hub->answer(kAnna, "busy", 7, "a");
    QTRY_COMPARE(m_hub->hub.topicCount(), size_t(2));
}

PRESENCE_EPOLL_TEST(TestWatchList)

#include "tst_watchlist.moc"
