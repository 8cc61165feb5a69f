// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/unit/eventloop/onepoll.h"
#include "tests/unit/eventloop/socketpair.h"
#include "tests/unit/eventloop/watcher.h"

#include <QTemporaryFile>

#include <deque>
#include <sys/resource.h>

using namespace presence::eventloop;
using namespace Qt::StringLiterals;

/// A descriptor without a notifier, and what its user was told.
class User final : public DescriptorUser
{
public:
    explicit User(int descriptor) : m_descriptor(descriptor) { want(true, false); }
    ~User() { dispatcher().unwatch(m_descriptor); }
    Q_DISABLE_COPY_MOVE(User)

    void want(bool toRead, bool toWrite)
    {
        dispatcher().watch(m_descriptor, *this, toRead, toWrite);
    }

    int reads = 0;
    int writes = 0;
    std::function<void()> onRead;

private:
    void readable() override
    {
        ++reads;
        if (onRead)
            onRead();
    }
    void writable() override { ++writes; }

    const int m_descriptor;
};

/// What the dispatcher tells the kernel, when descriptors come, go and come back.
class TestEpollDescriptors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        while (pass()) { }
    }

    void aReusedDescriptorGetsNoEventOfItsPredecessor()
    {
        SocketPair one;
        SocketPair two;
        SocketPair fresh;
        std::unique_ptr<Watcher> watchers[2];
        std::unique_ptr<Watcher> successor;
        // Whichever comes first closes the other's descriptor and gives its number to `fresh`.
        const auto replace = [&](int index, int descriptor) {
            watchers[index].reset();
            QCOMPARE(::dup2(fresh.near, descriptor), descriptor);
            successor = std::make_unique<Watcher>(descriptor);
        };
        watchers[0] = std::make_unique<Watcher>(one.near, QSocketNotifier::Read, [&] {
            one.receive();
            replace(1, two.near);
        });
        watchers[1] = std::make_unique<Watcher>(two.near, QSocketNotifier::Read, [&] {
            two.receive();
            replace(0, one.near);
        });
        QVERIFY(one.send());
        QVERIFY(two.send());
        QVERIFY(pass());
        QVERIFY(successor);
        QCOMPARE(successor->count, 0);
        QVERIFY(!pass());
        QVERIFY(fresh.send());
        QVERIFY(pass());
        QCOMPARE(successor->count, 1);
    }

    void aDescriptorClosedBeforeItsNotifierMayBeReused()
    {
        SocketPair one;
        SocketPair two;
        const int number = one.near;
        auto old = std::make_unique<Watcher>(number, QSocketNotifier::Read);
        QVERIFY(!pass());
        QCOMPARE(::dup2(two.near, number), number); // closes the old one under its notifier
        Watcher writer(number, QSocketNotifier::Write);
        old.reset();
        QVERIFY(pass());
        QCOMPARE(writer.count, 1);
        QVERIFY(pass());
        QCOMPARE(writer.count, 2);
    }

    void aDescriptorThatLivesOnAsADuplicateDoesNotSpin()
    {
        SocketPair pair;
        SocketPair other;
        Watcher bystander(other.near);
        auto watcher = std::make_unique<Watcher>(pair.near);
        QVERIFY(!pass());
        const int duplicate = ::dup(pair.near);
        pair.closeNear(); // wrongly, under its notifier: epoll cannot be told of it any more
        watcher.reset();
        QVERIFY(pair.send());
        const quint64 before = dispatcher().statistics().rebuilds;
        QVERIFY(!pass());
        QVERIFY(!pass());
        QVERIFY(!pass());
        QCOMPARE(dispatcher().statistics().rebuilds, before + 1);
        QVERIFY(other.send());
        QVERIFY(pass());
        QCOMPARE(bystander.count, 1);
        ::close(duplicate);
    }

    void aDuplicateIsWatchedAfterTheOriginalWasGivenUp()
    {
        SocketPair pair;
        auto original = std::make_unique<Watcher>(pair.near);
        QVERIFY(pair.send());
        QVERIFY(pass());
        const int duplicate = ::dup(pair.near);
        Watcher successor(duplicate);
        original.reset();
        pair.closeNear();
        const quint64 before = dispatcher().statistics().rebuilds;
        QVERIFY(pass());
        QVERIFY(pass());
        QCOMPARE(successor.count, 2);
        QCOMPARE(dispatcher().statistics().rebuilds, before);
        successor.notifier.reset();
        ::close(duplicate);
    }

    void aUserIsToldWhatItAsksFor()
    {
        SocketPair pair;
        User user(pair.near);
        QVERIFY(!pass());
        QVERIFY(pair.send());
        QVERIFY(pass());
        QCOMPARE(user.reads, 1);
        QCOMPARE(user.writes, 0);
        user.want(true, true);
        QVERIFY(pass());
        QCOMPARE(user.reads, 2);
        QCOMPARE(user.writes, 1);
        user.want(false, false);
        pair.closeFar(); // a hang-up, which epoll tells of unasked
        QVERIFY(!pass());
        QVERIFY(!pass());
        user.want(true, false);
        QVERIFY(pass());
        QCOMPARE(user.reads, 3);
        QCOMPARE(user.writes, 1);
    }

    void aUserMayEndOthersAndItself()
    {
        SocketPair one;
        SocketPair two;
        SocketPair fresh;
        std::unique_ptr<User> users[2];
        std::unique_ptr<User> successor;
        const auto replace = [&](int index, SocketPair &other) {
            users[1 - index].reset();
            QCOMPARE(::dup2(fresh.near, other.near), other.near);
            successor = std::make_unique<User>(other.near);
            users[index].reset(); // which is calling
        };
        users[0] = std::make_unique<User>(one.near);
        users[1] = std::make_unique<User>(two.near);
        users[0]->onRead = [&] { replace(0, two); };
        users[1]->onRead = [&] { replace(1, one); };
        QVERIFY(one.send());
        QVERIFY(two.send());
        QVERIFY(pass());
        QVERIFY(successor);
        QCOMPARE(successor->reads, 0);
        QVERIFY(!pass());
        QVERIFY(fresh.send());
        QVERIFY(pass());
        QCOMPARE(successor->reads, 1);
    }

    void whatIsReadSoonIsReadOnceInTheNextPass()
    {
        SocketPair pair;
        User user(pair.near);
        dispatcher().readSoon(pair.near);
        dispatcher().readSoon(pair.near);
        QVERIFY(pair.send()); // and would be told of besides
        QVERIFY(dispatcher().processEvents(QEventLoop::WaitForMoreEvents));
        QCOMPARE(user.reads, 1);
        QVERIFY(pair.receive());
        QVERIFY(!pass());

        // It asks again while it is told, as one that has more each time.
        user.onRead = [&] { dispatcher().readSoon(pair.near); };
        dispatcher().readSoon(pair.near);
        for (int i = 2; i < 5; ++i) {
            QVERIFY(dispatcher().processEvents(QEventLoop::WaitForMoreEvents));
            QCOMPARE(user.reads, i);
        }
        user.want(false, false);
        QVERIFY(!pass());
        QCOMPARE(user.reads, 4);
        user.onRead = nullptr;
        user.want(true, false);
        QVERIFY(!pass());
        dispatcher().unwatch(pair.near);
        dispatcher().readSoon(pair.near);
        QVERIFY(!pass());
    }

    void aUserThatPausesAndGoesOnCostsNoSystemCall()
    {
        SocketPair pair;
        User user(pair.near);
        pass();
        const quint64 before = dispatcher().statistics().controlCalls;
        for (int i = 0; i < 1000; ++i) {
            user.want(false, false);
            user.want(true, false);
        }
        pass();
        QCOMPARE(dispatcher().statistics().controlCalls, before);
    }

    void changesThatCancelOutCostNoSystemCall()
    {
        SocketPair pair;
        Watcher reader(pair.near);
        pass();
        const quint64 before = dispatcher().statistics().controlCalls;
        QSocketNotifier writer(pair.near, QSocketNotifier::Write);
        for (int i = 0; i < 1000; ++i) {
            writer.setEnabled(false);
            writer.setEnabled(true);
        }
        writer.setEnabled(false);
        SocketPair other;
        QSocketNotifier alone(other.near, QSocketNotifier::Read);
        alone.setEnabled(false);
        pass();
        QCOMPARE(dispatcher().statistics().controlCalls, before);
        writer.setEnabled(true);
        reader.notifier->setEnabled(false);
        pass();
        QCOMPARE(dispatcher().statistics().controlCalls, before + 1);
    }

    void aRegularFileIsWarnedOfOnce()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        Watcher watcher(file.handle());
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"cannot be watched"_s));
        QVERIFY(!pass());
        const quint64 before = dispatcher().statistics().controlCalls;
        QVERIFY(!pass());
        QCOMPARE(dispatcher().statistics().controlCalls, before);
        QCOMPARE(watcher.count, 0);
    }

    void aBatchIsBoundedAndEverybodyGetsATurn()
    {
        constexpr size_t kCount = 4 * EpollDispatcher::kEventsPerPass;
        std::deque<SocketPair> pairs(kCount);
        std::deque<Watcher> watchers;
        for (SocketPair &pair : pairs) {
            QVERIFY(pair.send());
            watchers.emplace_back(pair.near); // never reads: always ready
        }
        const quint64 before = dispatcher().statistics().activations;
        QVERIFY(pass());
        QCOMPARE(dispatcher().statistics().activations - before, EpollDispatcher::kEventsPerPass);
        for (int i = 0; i < 3; ++i)
            QVERIFY(pass());
        for (const Watcher &watcher : watchers)
            QCOMPARE(watcher.count, 1);
    }

    void fifteenThousandDescriptorsCostAPassNothing()
    {
        constexpr int kPairs = 7500;
        rlimit limit{};
        QCOMPARE(::getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = limit.rlim_max;
        QCOMPARE(::setrlimit(RLIMIT_NOFILE, &limit), 0);
        if (limit.rlim_max < 2 * kPairs + 100)
            QSKIP("Too few descriptors are allowed here");
        std::deque<SocketPair> pairs(kPairs);
        std::deque<Watcher> watchers;
        for (SocketPair &pair : pairs) {
            watchers.emplace_back(pair.near);
            watchers.emplace_back(pair.far);
        }
        const auto before = dispatcher().statistics();
        pass();
        const auto added = dispatcher().statistics();
        QCOMPARE(added.controlCalls - before.controlCalls, 2U * kPairs);
        QVERIFY(pairs[kPairs / 2].send());
        for (int i = 0; i < 1000; ++i)
            QVERIFY(pass());
        const auto after = dispatcher().statistics();
        QCOMPARE(after.controlCalls, added.controlCalls);
        QCOMPARE(after.waits - added.waits, 1000U);
        QCOMPARE(after.activations - added.activations, 1000U);
        QCOMPARE(watchers[kPairs / 2 * 2].count, 1000);
    }
};

PRESENCE_EPOLL_TEST(TestEpollDescriptors)
#include "tst_epolldispatcher_descriptors.moc"
