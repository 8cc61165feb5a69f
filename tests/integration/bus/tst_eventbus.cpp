// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/bus/eventbus.h"
#include "tests/support/redisserver.h"
#include "tests/support/testregistry.h"

#include <QTest>

#include <functional>
#include <optional>

using namespace presence;
using namespace presence::bus;
using namespace presence::test;
using namespace Qt::StringLiterals;

namespace {

/// Listens to the channel of the test for as long as it lives.
class Listener final : public EventListener
{
public:
    Listener(EventBus &bus, QByteArray channel) : m_bus(bus), m_channel(std::move(channel))
    {
        m_bus.listen(m_channel, *this);
    }
    ~Listener() override { m_bus.ignore(m_channel, *this); }
    Q_DISABLE_COPY_MOVE(Listener)

    void subscribed() override { ++subscriptions; }
    void received(const QByteArray &payload) override
    {
        events.append(payload);
        if (const auto call = onEvent)
            call(); // may destroy this
    }

    int subscriptions = 0;
    QByteArrayList events;
    std::function<void()> onEvent;

private:
    EventBus &m_bus;
    QByteArray m_channel;
};

using Listeners = std::vector<std::optional<Listener>>;

} // namespace

class TestEventBus : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyListenerHearsEveryEvent_data()
    {
        QTest::addColumn<int>("count");
        for (const int count : {1, 2, 3, 4})
            QTest::addRow("%d", count) << count;
    }
    void everyListenerHearsEveryEvent()
    {
        QFETCH(int, count);
        Listeners listeners = listenersTo("a"_ba, count);
        publish("a"_ba, "1"_ba);
        publish("a"_ba, "2"_ba);
        for (const auto &listener : listeners)
            QTRY_COMPARE(listener->events, QByteArrayList({"1"_ba, "2"_ba}));
    }

    void whoRemainsHearsEveryEvent_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<QList<int>>("leaving"); ///< in this order
        for (const int count : {2, 3}) {
            for (int i = 0; i < count; ++i)
                QTest::addRow("%d of %d", i + 1, count) << count << QList{i};
        }
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                if (i != j)
                    QTest::addRow("%d, then %d of 3", i + 1, j + 1) << 3 << QList{i, j};
            }
        }
    }
    void whoRemainsHearsEveryEvent()
    {
        QFETCH(int, count);
        QFETCH(QList<int>, leaving);
        Listeners listeners = listenersTo("a"_ba, count);
        for (const int leaver : leaving)
            listeners[size_t(leaver)].reset();
        publish("a"_ba, "1"_ba);
        for (const auto &listener : listeners) {
            if (listener)
                QTRY_COMPARE(listener->events, QByteArrayList({"1"_ba}));
        }
    }

    void aListenerMayEndWhileItIsTold_data() { addPairs(); }
    void aListenerMayEndWhileItIsTold()
    {
        QFETCH(int, told);
        QFETCH(int, ended);
        Listeners listeners = listenersTo("a"_ba, 3);
        listeners[size_t(told)]->onEvent = [&] { listeners[size_t(ended)].reset(); };
        publish("a"_ba, "1"_ba);
        publish("a"_ba, "2"_ba);
        for (size_t i = 0; i < listeners.size(); ++i) {
            if (i != size_t(ended))
                QTRY_COMPARE(listeners[i]->events, QByteArrayList({"1"_ba, "2"_ba}));
        }
        QVERIFY(!listeners[size_t(ended)]);
    }

    void afterAGapEveryListenerIsTold()
    {
        Listeners listeners = listenersTo("a"_ba, 3);
        for (auto &listener : listeners)
            listener->subscriptions = 0;
        m_bus->invalidate();
        for (const auto &listener : listeners)
            QCOMPARE(listener->subscriptions, 1);
    }

    void aChannelIsLeftWithItsLastListener()
    {
        Listeners listeners = listenersTo("a"_ba, 2);
        Listener other(*m_bus, "b"_ba);
        QTRY_COMPARE(other.subscriptions, 1);
        listeners.clear();
        QTRY_COMPARE(receiversOf("a"_ba), 0);
        publish("b"_ba, "1"_ba);
        QTRY_COMPARE(other.events, QByteArrayList({"1"_ba}));
    }

    void initTestCase() { QVERIFY(m_redis.start()); }
    void init()
    {
        m_subscriber.emplace(*redis::Endpoint::parse(m_redis.url()));
        m_bus.emplace(*m_subscriber);
    }
    void cleanup()
    {
        m_bus.reset();
        m_subscriber.reset();
    }

private:
    static void addPairs()
    {
        QTest::addColumn<int>("told");
        QTest::addColumn<int>("ended");
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j)
                QTest::addRow("%d ends %d", i + 1, j + 1) << i << j;
        }
    }

    /// `count` of them, all subscribed.
    Listeners listenersTo(const QByteArray &channel, int count)
    {
        Listeners listeners(static_cast<size_t>(count));
        for (auto &listener : listeners)
            listener.emplace(*m_bus, channel);
        const auto areSubscribed = [&] {
            return std::ranges::all_of(listeners, [](const auto &l) { return l->subscriptions; });
        };
        if (!QTest::qWaitFor(areSubscribed))
            qWarning("not subscribed");
        return listeners;
    }

    void publish(const QByteArray &channel, const QByteArray &payload)
    {
        m_redis.cli({u"SPUBLISH"_s, QString::fromLatin1(channel), QString::fromLatin1(payload)});
    }

    int receiversOf(const QByteArray &channel)
    {
        const QString name = QString::fromLatin1(channel);
        const QByteArray numbers = m_redis.cli({u"PUBSUB"_s, u"SHARDNUMSUB"_s, name});
        return numbers.split('\n').last().toInt();
    }

    RedisServer m_redis;
    std::optional<redis::Subscriber> m_subscriber;
    std::optional<EventBus> m_bus;
};

PRESENCE_TEST(TestEventBus)
#include "tst_eventbus.moc"
