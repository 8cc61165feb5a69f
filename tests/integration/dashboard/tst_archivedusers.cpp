// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/dashboard/windowtest.h"
#include "tests/support/mongoserver.h"
#include "tests/support/testregistry.h"

#include <QListView>

using namespace presence;
using namespace presence::dashboard;
using namespace presence::test;
using namespace Qt::StringLiterals;

static constexpr int kArchivePatience = 15'000; // ms

/// Whom Redis has forgotten, and MongoDB knows.
class TestArchivedUsers : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(MongoServer::isInstalled(), "tests/support/ferretdb.sh makes it");
        QVERIFY(m_mongo.start());
        m_fixture.emplace(DaemonProcess::Environment{{u"MONGODB_URI"_s, m_mongo.uri()},
                                                     {u"PRESENCE_SHARDS"_s, u"1"_s}},
                          RedisServer::Options{});
        QVERIFY(m_fixture->start());
        QTRY_COMPARE_WITH_TIMEOUT(archiveState(), u"healthy"_s, kArchivePatience);
        openWindow();
        m_window->open({u"here"_s, urlOf(m_fixture->daemon), {}}, adminToken(), false);
        QTRY_VERIFY(m_window->models().overview.hasData());
    }
    void cleanupTestCase()
    {
        m_window.reset();
        m_fixture.reset();
    }

    void aSearchFindsAndOpensThem()
    {
        auto gone = m_fixture->as(u"gone"_s);
        QCOMPARE(gone.post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "web"_L1}}).status, 204);
        QCOMPARE(gone.put(u"/api/presence/users/gone/status"_s, {{"status"_L1, "busy"_L1}}).status,
                 200);
        QTRY_VERIFY_WITH_TIMEOUT(
            gone.get(u"/api/presence/users/gone/history"_s).json()["history"_L1].toArray().size()
                >= 2,
            kArchivePatience);
        m_fixture->cli({u"FLUSHALL"_s});
        press(Qt::Key_K, Qt::ControlModifier);
        QAbstractItemModel *hits = child<QListView>(u"searchHits"_s)->model();
        // What Redis has lost is not read before it was told again.
        QTRY_VERIFY_WITH_TIMEOUT(searched(u"gone"_s, hits), kArchivePatience);
        QCOMPARE(hits->rowCount(), 1);
        QVERIFY(
            hits->index(0, 0).data(SearchModel::DetailRole).toString().startsWith("archived"_L1));
        picture(u"archived"_s);
        QTest::keyClick(child<QLineEdit>(u"searchText"_s), Qt::Key_Return);
        QTRY_COMPARE(m_window->models().user.user().bytes(), "gone");
        QTRY_COMPARE(child<QLabel>(u"userName"_s)->text(), u"gone"_s);
        picture(u"archived-user"_s);
    }

private:
    QString archiveState()
    {
        return m_fixture->asAdmin().get(u"/health"_s).json()["archive"_L1].toString();
    }
    /// A search of its own, which has found something.
    bool searched(const QString &text, const QAbstractItemModel *hits)
    {
        type(child<QLineEdit>(u"searchText"_s), text);
        return QTest::qWaitFor([&] { return hits->rowCount() > 0; }, 1000);
    }

    MongoServer m_mongo;
    std::optional<DaemonFixture> m_fixture;
};

PRESENCE_WIDGET_TEST(TestArchivedUsers)
#include "tst_archivedusers.moc"
