// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/epolldispatcher.h"
#include "tests/unit/eventloop/onepoll.h"
#include "tests/unit/eventloop/socketpair.h"
#include "tests/unit/eventloop/watcher.h"

#include <QThread>

using namespace presence::eventloop;
using namespace Qt::StringLiterals;

class TestEpollDispatcher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        while (pass()) { }
    }

    void aReadNotifierFiresUntilItsDataIsRead()
    {
        SocketPair pair;
        Watcher watcher(pair.near);
        QVERIFY(!pass());
        QVERIFY(pair.send());
        QVERIFY(pass());
        QVERIFY(pass());
        QCOMPARE(watcher.count, 2);
        QVERIFY(pair.receive());
        QVERIFY(!pass());
        QCOMPARE(watcher.count, 2);
    }

    void aWriteNotifierFiresWhileThereIsRoom()
    {
        SocketPair pair;
        Watcher watcher(pair.near, QSocketNotifier::Write);
        QVERIFY(pass());
        QCOMPARE(watcher.count, 1);
        const QByteArray block(64 * 1024, 'x');
        while (::write(pair.near, block.constData(), size_t(block.size())) > 0) { }
        QVERIFY(!pass());
        QCOMPARE(watcher.count, 1);
    }

    void hangUpReachesReadersAndWriters()
    {
        SocketPair pair;
        Watcher reader(pair.near, QSocketNotifier::Read);
        Watcher writer(pair.near, QSocketNotifier::Write);
        const QByteArray block(64 * 1024, 'x');
        while (::write(pair.near, block.constData(), size_t(block.size())) > 0) { }
        QVERIFY(!pass());
        pair.closeFar();
        QVERIFY(pass());
        QCOMPARE(reader.count, 1);
        QCOMPARE(writer.count, 1);
    }

    void aNotifierDeletedByAnotherOfItsBatchStaysSilent()
    {
        SocketPair one;
        SocketPair two;
        std::unique_ptr<Watcher> first;
        std::unique_ptr<Watcher> second;
        int activations = 0;
        first = std::make_unique<Watcher>(one.near, QSocketNotifier::Read, [&] {
            ++activations;
            second.reset();
        });
        second = std::make_unique<Watcher>(two.near, QSocketNotifier::Read, [&] {
            ++activations;
            first.reset();
        });
        QVERIFY(one.send());
        QVERIFY(two.send());
        QVERIFY(pass());
        QCOMPARE(activations, 1);
        QVERIFY(bool(first) != bool(second));
    }

    void aNotifierMayDisableOrDeleteItself()
    {
        SocketPair pair;
        QVERIFY(pair.send());
        Watcher disabled(pair.near, QSocketNotifier::Read,
                         [&] { disabled.notifier->setEnabled(false); });
        QVERIFY(pass());
        QVERIFY(!pass());
        QCOMPARE(disabled.count, 1);
        auto *deleted = new QSocketNotifier(pair.near, QSocketNotifier::Read);
        QPointer<QSocketNotifier> guard(deleted);
        connect(deleted, &QSocketNotifier::activated, this, [deleted] { delete deleted; });
        QVERIFY(pass());
        QVERIFY(!guard);
        QVERIFY(!pass());
    }

    void aNotifierAddedInASlotFiresInTheNextPass()
    {
        SocketPair one;
        SocketPair two;
        QVERIFY(two.send());
        std::unique_ptr<Watcher> added;
        Watcher first(one.near, QSocketNotifier::Read, [&] {
            one.receive();
            added = std::make_unique<Watcher>(two.near);
        });
        QVERIFY(one.send());
        QVERIFY(pass());
        QVERIFY(added);
        QCOMPARE(added->count, 0);
        QVERIFY(pass());
        QCOMPARE(added->count, 1);
    }

    void aSecondNotifierOfOneTypeIsRefused()
    {
        SocketPair pair;
        Watcher first(pair.near);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"the second one is ignored"_s));
        auto second = std::make_unique<Watcher>(pair.near);
        QVERIFY(pair.send());
        QVERIFY(pass());
        QCOMPARE(second->count, 0);
        second.reset();
        QVERIFY(pass());
        QCOMPARE(first.count, 2);
    }

    void aNotifierFollowsItsThread()
    {
        SocketPair pair;
        QVERIFY(pair.send());
        QThread thread;
        thread.setEventDispatcher(new EpollDispatcher);
        auto *notifier = new QSocketNotifier(pair.near, QSocketNotifier::Read);
        std::atomic<QThread *> firedOn = nullptr;
        connect(
            notifier, &QSocketNotifier::activated, notifier,
            [&] {
                notifier->setEnabled(false);
                firedOn = QThread::currentThread();
            },
            Qt::DirectConnection);
        connect(&thread, &QThread::finished, notifier, &QObject::deleteLater);
        notifier->moveToThread(&thread);
        thread.start();
        QTRY_COMPARE(firedOn.load(), &thread);
        thread.quit();
        QVERIFY(thread.wait(10'000));
    }
};

PRESENCE_EPOLL_TEST(TestEpollDispatcher)
#include "tst_epolldispatcher.moc"
