// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/presencejson.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QTest>

using namespace presence;
using namespace Qt::StringLiterals;

static const QByteArray kBusy
    = "\"status\":\"busy\",\"custom_message\":\"\\\"hi\\\"\",\"emoji\":null";

static UserPresence busy(const UserId &user)
{
    return {.user = user, .view = kBusy, .lastSeen = Timestamp(std::chrono::seconds(1704067200))};
}

class TestPresenceJson : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aUserHasItsViewAndItsDevices()
    {
        UserPresence presence = busy(UserId("42"));
        presence.devices = {{DeviceId("web\"1"), Timestamp(std::chrono::seconds(1))},
                            {DeviceId("phone"), Timestamp(std::chrono::seconds(2))}};
        const QJsonObject expected{
            {"user_id"_L1, "42"_L1},
            {"status"_L1, "busy"_L1},
            {"custom_message"_L1, "\"hi\""_L1},
            {"emoji"_L1, QJsonValue::Null},
            {"last_seen"_L1, 1704067200},
            {"devices"_L1,
             QJsonArray{QJsonObject{{"id"_L1, "web\"1"_L1}, {"timestamp"_L1, 1}},
                        QJsonObject{{"id"_L1, "phone"_L1}, {"timestamp"_L1, 2}}}}};
        QCOMPARE(QJsonDocument::fromJson(protocol::toBytes(presence)).object(), expected);
    }

    void whoWasNeverSeenHasNoTime()
    {
        const QJsonObject json
            = QJsonDocument::fromJson(protocol::toBytes(UserPresence{UserId("é"), kBusy})).object();
        QCOMPARE(json["user_id"_L1].toString(), u"é"_s);
        QVERIFY(json.contains("last_seen"_L1) && json["last_seen"_L1].isNull());
        QCOMPARE(json["devices"_L1], QJsonArray());
    }

    void rowsHaveNoDevices()
    {
        QCOMPARE(protocol::toBytes(std::vector<UserPresence>()), "[]"_ba);
        const QJsonArray rows
            = QJsonDocument::fromJson(
                  protocol::toBytes(std::vector{busy(UserId("1")), busy(UserId("2"))}))
                  .array();
        QCOMPARE(rows.size(), 2);
        QCOMPARE(rows[1]["user_id"_L1], "2"_L1);
        QVERIFY(!rows[1].toObject().contains("devices"_L1));
    }
};

PRESENCE_TEST(TestPresenceJson)
#include "tst_presencejson.moc"
