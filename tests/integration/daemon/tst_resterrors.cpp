// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

static const RestClient::Headers kJson{{"Content-Type", "application/json"}};
static const QString kStatusPath = u"/api/presence/users/alice/status"_s;
static const QString kHeartbeatPath = u"/api/presence/heartbeat"_s;
static const QString kBulkPath = u"/api/presence/bulk"_s;

/// Requests that are wrong, by a caller who may.
class TestRestErrors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_fixture.start()); }
    void cleanupTestCase() { QCOMPARE(m_fixture.daemon.stop(), 0); }

    void whatIsNotThereIsNotFound_data()
    {
        QTest::addColumn<QString>("path");
        for (const QString &path :
             {u"/"_s, u"/api"_s, u"/api/presence/users"_s, u"/api/presence/users/"_s,
              u"/api/presence/workspace/acme"_s, u"/api/presence/channel/7"_s, u"/health/none"_s,
              u"/metrics/x"_s, u"/API/presence/bulk"_s})
            QTest::newRow(qPrintable(path)) << path;
    }
    void whatIsNotThereIsNotFound()
    {
        QFETCH(QString, path);
        QCOMPARE(m_fixture.as(u"alice"_s).get(path).faultAsProblem(404), QString());
    }

    void anotherMethodIsToldWhichAreAllowed_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QByteArrayList>("allowed");
        const QByteArrayList reading{"GET", "HEAD"};
        const QByteArrayList posting{"POST"};
        const QByteArrayList erasing{"DELETE", "GET", "HEAD"};
        const QString user = u"/api/presence/users/alice"_s;
        QTest::newRow("user") << "POST"_ba << user << erasing;
        QTest::newRow("user, patch") << "PATCH"_ba << user << erasing;
        QTest::newRow("user, options") << "OPTIONS"_ba << user << erasing;
        QTest::newRow("status") << "GET"_ba << kStatusPath << QByteArrayList{"DELETE", "PUT"};
        QTest::newRow("device") << "GET"_ba << user + u"/devices/d"_s << QByteArrayList{"DELETE"};
        QTest::newRow("heartbeat") << "PUT"_ba << kHeartbeatPath << posting;
        QTest::newRow("bulk") << "GET"_ba << kBulkPath << posting;
        QTest::newRow("bulk, head") << "HEAD"_ba << kBulkPath << posting;
        QTest::newRow("online") << "DELETE"_ba << u"/api/presence/workspace/w/online"_s << reading;
        QTest::newRow("viewers") << "PUT"_ba << u"/api/presence/channel/c/viewers"_s << reading;
        QTest::newRow("typing") << "POST"_ba << u"/api/presence/channel/c/typing"_s << reading;
        QTest::newRow("health") << "POST"_ba << u"/health"_s << reading;
        QTest::newRow("live") << "PUT"_ba << u"/health/live"_s << reading;
        QTest::newRow("ready") << "DELETE"_ba << u"/health/ready"_s << reading;
        QTest::newRow("metrics") << "POST"_ba << u"/metrics"_s << reading;
    }
    void anotherMethodIsToldWhichAreAllowed()
    {
        QFETCH(QByteArray, method);
        QFETCH(QString, path);
        QFETCH(QByteArrayList, allowed);
        const RestResponse response = m_fixture.as(u"alice"_s).send(method, path, {}, kJson);
        if (method == "HEAD")
            QCOMPARE(response.status, 405);
        else
            QCOMPARE(response.faultAsProblem(405), QString());
        QByteArrayList given = response.header("Allow").split(',');
        for (QByteArray &name : given)
            name = name.trimmed();
        std::sort(given.begin(), given.end());
        QCOMPARE(given, allowed);
    }

    void aBodyMustSayThatItIsJson_data()
    {
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<int>("status");
        QTest::newRow("JSON") << "application/json"_ba << 200;
        QTest::newRow("JSON with a parameter") << "Application/JSON; charset=utf-8"_ba << 200;
        QTest::newRow("text") << "text/plain"_ba << 415;
        QTest::newRow("form") << "application/x-www-form-urlencoded"_ba << 415;
        QTest::newRow("another kind of JSON") << "application/json-patch+json"_ba << 415;
    }
    void aBodyMustSayThatItIsJson()
    {
        QFETCH(QByteArray, type);
        QFETCH(int, status);
        const RestResponse response
            = m_fixture.as(u"alice"_s)
                  .send("PUT", kStatusPath, R"({"status":"busy"})", {{"Content-Type", type}});
        if (status == 200)
            QCOMPARE(response.status, 200);
        else
            QCOMPARE(response.faultAsProblem(status), QString());
    }

    void aBodyThatIsNoJsonObjectIsMalformed_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("empty") << ""_ba;
        QTest::newRow("text") << "not json"_ba;
        QTest::newRow("cut short") << R"({"status":"busy")"_ba;
        QTest::newRow("list") << "[1]"_ba;
        QTest::newRow("string") << R"("busy")"_ba;
        QTest::newRow("null") << "null"_ba;
        QTest::newRow("something behind it") << R"({"status":"busy"} x)"_ba;
        QTest::newRow("not UTF-8") << "{\"status\":\"busy\",\"emoji\":\"\xff\"}"_ba;
    }
    void aBodyThatIsNoJsonObjectIsMalformed()
    {
        QFETCH(QByteArray, body);
        RestClient alice = m_fixture.as(u"alice"_s);
        QCOMPARE(alice.send("PUT", kStatusPath, body, kJson).faultAsProblem(400), QString());
        QCOMPARE(alice.send("POST", kBulkPath, body, kJson).faultAsProblem(400), QString());
        QCOMPARE(alice.send("POST", kHeartbeatPath, body, kJson).faultAsProblem(400), QString());
    }

    void aBodyThatIsTooLargeIsRefused()
    {
        const QByteArray body = "{\"status\":\"" + QByteArray(300'000, 'x') + "\"}";
        QCOMPARE(m_fixture.as(u"alice"_s).send("PUT", kStatusPath, body, kJson).faultAsProblem(413),
                 QString());
    }

    void theFieldAtFaultIsNamed_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("field");
        addStatusRows();
        addHeartbeatRows();
        addPathRows();
        const auto bulk = [](const char *name, const QByteArray &body) {
            QTest::newRow(name) << "POST"_ba << kBulkPath << body << u"user_ids"_s;
        };
        bulk("bulk without users", "{}");
        bulk("bulk of a string", R"({"user_ids":"alice"})");
        bulk("bulk of a fraction", R"({"user_ids":["alice",1.5]})");
        bulk("bulk of a truth", R"({"user_ids":["alice",true]})");
        bulk("bulk of an impossible user", R"({"user_ids":["alice","a b"]})");
    }
    void theFieldAtFaultIsNamed()
    {
        QFETCH(QByteArray, method);
        QFETCH(QString, path);
        QFETCH(QByteArray, body);
        QFETCH(QString, field);
        const RestResponse response = m_fixture.as(u"alice"_s).send(method, path, body, kJson);
        QCOMPARE(response.faultAsProblem(422), QString());
        QCOMPARE(response.json()["field"_L1], field);
    }

    void headIsGetWithoutTheBody_data()
    {
        QTest::addColumn<QString>("path");
        QTest::newRow("user") << u"/api/presence/users/nobody"_s;
        QTest::newRow("error") << u"/api/presence/users/a%20b"_s;
        QTest::newRow("live") << u"/health/live"_s;
    }
    void headIsGetWithoutTheBody()
    {
        QFETCH(QString, path);
        RestClient alice = m_fixture.as(u"alice"_s);
        const RestResponse get = alice.get(path);
        const RestResponse head = alice.head(path);
        QCOMPARE(head.status, get.status);
        QCOMPARE(head.body, QByteArray());
        QCOMPARE(head.header("Content-Length"), QByteArray::number(get.body.size()));
        QCOMPARE(head.header("Content-Type"), get.header("Content-Type"));
    }

private:
    static void addStatusRows()
    {
        const auto row = [](const char *name, const QByteArray &body, const QString &field) {
            QTest::newRow(name) << "PUT"_ba << kStatusPath << body << field;
        };
        row("no status", "{}", u"status"_s);
        row("unknown status", R"({"status":"asleep"})", u"status"_s);
        row("status in capitals", R"({"status":"Busy"})", u"status"_s);
        row("status of a number", R"({"status":5})", u"status"_s);
        const auto text = [&row](const char *name, const QString &field, const QByteArray &value) {
            row(name, "{\"status\":\"busy\",\"" + field.toUtf8() + "\":" + value + '}', field);
        };
        text("message too long", u"custom_message"_s, '"' + QByteArray(141, 'm') + '"');
        text("message of a number", u"custom_message"_s, "5");
        text("emoji too long", u"emoji"_s, '"' + QByteArray(65, 'e') + '"');
        text("emoji of a list", u"emoji"_s, "[]");
        text("clear_after of nothing", u"clear_after"_s, "0");
        text("clear_after before", u"clear_after"_s, "-1");
        text("clear_after too late", u"clear_after"_s, "2592001");
        text("clear_after in parts", u"clear_after"_s, "1.5");
        text("clear_after of a string", u"clear_after"_s, R"("60")");
    }

    static void addHeartbeatRows()
    {
        const auto row = [](const char *name, const QByteArray &body, const QString &field) {
            QTest::newRow(name) << "POST"_ba << kHeartbeatPath << body << field;
        };
        row("no device", "{}", u"device_id"_s);
        row("empty device", R"({"device_id":""})", u"device_id"_s);
        row("device of a fraction", R"({"device_id":1.5})", u"device_id"_s);
        row("device of a list", R"({"device_id":["d"]})", u"device_id"_s);
        row("impossible device", R"({"device_id":"a b"})", u"device_id"_s);
        row("impossible workspace", R"({"device_id":"d","workspace_id":"a<b"})", u"workspace_id"_s);
        row("impossible user", R"({"device_id":"d","user_id":"é"})", u"user_id"_s);
    }

    static void addPathRows()
    {
        const auto row = [](const char *name, const QByteArray &method, const QString &path,
                            const QString &field) {
            QTest::newRow(name) << method << u"/api/presence/"_s + path << "{}"_ba << field;
        };
        const QString online = u"workspace/acme/online"_s;
        row("user", "GET", u"users/a%20b"_s, u"user_id"_s);
        row("user too long", "GET", u"users/"_s + QString(129, u'u'), u"user_id"_s);
        row("user like a key", "GET", u"users/42:devices"_s, u"user_id"_s);
        row("user of a status", "PUT", u"users/a%20b/status"_s, u"user_id"_s);
        row("user of a cleared status", "DELETE", u"users/a%20b/status"_s, u"user_id"_s);
        row("user of a device", "DELETE", u"users/a%20b/devices/d"_s, u"user_id"_s);
        row("device", "DELETE", u"users/alice/devices/a%20b"_s, u"device_id"_s);
        row("workspace", "GET", u"workspace/a%20b/online"_s, u"workspace_id"_s);
        row("viewers", "GET", u"channel/a%20b/viewers"_s, u"channel_id"_s);
        row("typing", "GET", u"channel/a%20b/typing"_s, u"channel_id"_s);
        row("limit of nothing", "GET", online + u"?limit=0"_s, u"limit"_s);
        row("limit too large", "GET", online + u"?limit=1001"_s, u"limit"_s);
        row("limit of a word", "GET", online + u"?limit=all"_s, u"limit"_s);
        row("empty limit", "GET", online + u"?limit="_s, u"limit"_s);
        row("offset before", "GET", online + u"?offset=-1"_s, u"offset"_s);
        row("offset of a word", "GET", online + u"?offset=x"_s, u"offset"_s);
        row("after of no id", "GET", online + u"?after=a%20b"_s, u"after"_s);
        row("offset beyond all", "GET", online + u"?offset=99999999999"_s, u"offset"_s);
    }

    DaemonFixture m_fixture;
};

PRESENCE_TEST(TestRestErrors)
#include "tst_resterrors.moc"
