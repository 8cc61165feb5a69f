// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/changetext.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::admin;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static const Seconds kAt{1'763'000'000s};

class TestChangeText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEntryIsRead_data()
    {
        using By = ChangeRow::By;
        QTest::addColumn<QByteArray>("entry");
        QTest::addColumn<ChangeRow>("change");
        const auto row = [](const char *name, const QByteArray &entry, ChangeRow change) {
            change.at = kAt;
            QTest::newRow(name) << "1763000000 " + entry << change;
        };
        row("of the version before", "online busy set",
            {.seen = Status::Online, .chosen = Status::Busy, .cause = "set"});
        row("with its origin", "offline online silent 3f2a web",
            {.seen = Status::Offline,
             .cause = "silent",
             .device = DeviceId("web"),
             .node = "3f2a"});
        row("by an operator", "busy busy set   operator:desk:olga",
            {.seen = Status::Busy,
             .chosen = Status::Busy,
             .cause = "set",
             .by = By::Operator,
             .byId = UserId("desk:olga")});
        row("with texts",
            "busy busy set   service:robot {\"custom_message\":\"a { b\",\"emoji\":\"😀\"}",
            {.seen = Status::Busy,
             .chosen = Status::Busy,
             .cause = "set",
             .customMessage = "a { b",
             .emoji = "😀",
             .by = By::Service,
             .byId = UserId("robot")});
        row("with a text of the user", "busy busy set {\"custom_message\":\"a\",\"emoji\":null}",
            {.seen = Status::Busy, .chosen = Status::Busy, .cause = "set", .customMessage = "a"});
        row("with broken texts", "busy busy set 3f2a web {\"custom_",
            {.seen = Status::Busy,
             .chosen = Status::Busy,
             .cause = "set",
             .device = DeviceId("web"),
             .node = "3f2a"});
    }
    void anEntryIsRead()
    {
        QFETCH(QByteArray, entry);
        QFETCH(ChangeRow, change);
        const auto read = readChange(entry);
        QVERIFY(read);
        QVERIFY(*read == change);
    }

    void whatIsNoEntryIsNone()
    {
        QVERIFY(!readChange(""));
        QVERIFY(!readChange("1763000000 online"));
        QVERIFY(!readChange("{\"custom_message\":1}"));
    }

    void aRowOfTheHistoryIsRead()
    {
        const ChangeRow change = toChange({{"at"_L1, 1'763'000'000},
                                           {"status"_L1, "busy"_L1},
                                           {"custom_message"_L1, "in a call"_L1},
                                           {"emoji"_L1, QJsonValue()},
                                           {"cause"_L1, "set"_L1},
                                           {"device_id"_L1, "web"_L1},
                                           {"node"_L1, "node-1"_L1},
                                           {"by"_L1, "operator:olga"_L1},
                                           {"shown"_L1, QJsonObject{{"status"_L1, "busy"_L1}}}});
        const ChangeRow expected{.at = kAt,
                                 .seen = Status::Busy,
                                 .chosen = Status::Busy,
                                 .cause = "set",
                                 .customMessage = "in a call",
                                 .emoji = {},
                                 .device = DeviceId("web"),
                                 .node = "node-1",
                                 .by = ChangeRow::By::Operator,
                                 .byId = UserId("olga")};
        QVERIFY(change == expected);
    }
};

PRESENCE_TEST(TestChangeText)
#include "tst_changetext.moc"
