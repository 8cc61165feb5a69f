// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/presence/rulesfixture.h"

#include <QRegularExpression>
#include <QTest>

namespace presence::test {

using namespace presence::rules;

/// Each word is something that happens to kUser.
void RulesFixture::play(const QByteArray &story)
{
    const QString key = QString::fromLatin1(keys.userHash(kUser));
    for (const QByteArray &word : story.split(' ')) {
        if (word == "joins")
            QVERIFY(heartbeat(kUser, kWeb, kAcme));
        else if (word == "roams")
            QVERIFY(heartbeat(kUser, kWeb, {}));
        else if (word == "phones")
            QVERIFY(heartbeat(kUser, kPhone, kAcme, kOtherSession));
        else if (word == "busy")
            QVERIFY(setStatus(kUser, {.status = Status::Busy, .clearAfter = 20s}));
        else if (word == "away")
            QVERIFY(setStatus(kUser, {.status = Status::Away}));
        else if (word == "back")
            QVERIFY(setStatus(kUser, {.status = Status::Online}));
        else if (word == "hides")
            QVERIFY(setStatus(kUser, {.status = Status::Invisible}));
        else if (word == "closes")
            QVERIFY(disconnect(kUser));
        else if (word == "evicted")
            cli({u"DEL"_s, key});
        else if (word == "lasts") { // longer than other versions believe it
            const QString ended = QString::number((now() - 2000) * 1000);
            cli({u"HSET"_s, key, u"session:s1"_s,
                 ended + u" 1 a "_s + kWeb.toString() + u" acme"_s});
        } else if (word == "unasked")
            cli({u"HSET"_s, key, u"unasked"_s, u"5"_s});
        else if (word == "stranded")
            cli({u"HSET"_s, key, u"channels:gone"_s, u"7"_s});
        else if (word == "ahead") {
            const QString end = QString::number((now() + 600) * 1000);
            cli({u"HSET"_s, key, u"session:gone"_s, end + u" 1 a other acme"_s});
            cli({u"ZADD"_s, key + u":devices"_s, QString::number(now()), u"other"_s});
        } else if (word == "waiting")
            cli({u"HSET"_s, key, u"waiting"_s, u"{}"_s});
        else if (word == "foreign")
            cli({u"ZADD"_s, key + u":devices"_s, QString::number(1), u"other"_s});
        // As the rules would have marked it.
        if (word == "stranded" || word == "ahead" || word == "waiting") {
            const QByteArray seen = cli({u"HGET"_s, key, u"seen_revision"_s});
            cli({u"HSET"_s, key, u"regular"_s,
                 QString::fromLatin1(seen.trimmed() + (word == "ahead" ? " 2" : ""))});
        }
    }
}

/// All that is kept of a user; times of now are "now".
QByteArray RulesFixture::stored(const QByteArray &user)
{
    const QString key = QString::fromLatin1(keys.userHash(UserId(user)));
    const QByteArray now = cli({u"TIME"_s}).split('\n').first();
    QStringList fields;
    const QByteArrayList all = cli({u"HGETALL"_s, key}).split('\n');
    for (qsizetype i = 0; i + 1 < all.size(); i += 2)
        fields.append(QString::fromUtf8(all[i] + '=' + all[i + 1]));
    const QByteArrayList devices
        = cli({u"ZRANGE"_s, key + u":devices"_s, u"0"_s, u"-1"_s, u"WITHSCORES"_s}).split('\n');
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

Result<redis::Reply> RulesFixture::call(const redis::Script &script, std::vector<QByteArray> ofKeys,
                                        std::vector<QByteArray> arguments)
{
    return wait<redis::Reply>([&](auto done) {
        redis.eval(script, std::move(ofKeys), std::move(arguments), std::move(done));
    });
}

/// As if the last heartbeat had been a while ago.
void RulesFixture::makeOlder(const QByteArrayList &sessions)
{
    const redis::UserKeys user = keys.user(kUser);
    const QString hash = QString::fromLatin1(user.hash);
    const QString devices = QString::fromLatin1(user.devices);
    for (const QByteArray &session : sessions) {
        const QString field = u"session:"_s + QString::fromLatin1(session);
        const QByteArray text = cli({u"HGET"_s, hash, field});
        if (!text.contains(' '))
            continue;
        const QByteArray ends = QByteArray::number(text.split(' ')[0].toLongLong() - 9000);
        cli({u"HSET"_s, hash, field, QString::fromUtf8(ends + text.mid(text.indexOf(' '))),
             u"until:"_s + QString::fromLatin1(session), QString::fromLatin1(ends)});
    }
    for (const auto *field : {"last_seen", "last_seen_by_rules"}) {
        const QByteArray seen = cli({u"HGET"_s, hash, QString::fromLatin1(field)});
        if (seen.trimmed().toLongLong() > 0)
            cli({u"HINCRBY"_s, hash, QString::fromLatin1(field), u"-9"_s});
    }
    for (const QByteArray &device : cli({u"ZRANGE"_s, devices, u"0"_s, u"-1"_s}).split('\n')) {
        if (!device.isEmpty())
            cli({u"ZINCRBY"_s, devices, u"-9"_s, QString::fromUtf8(device)});
    }
}

Result<RulesFixture::Beat> RulesFixture::beat(const QByteArrayList &sessions, bool asksNextCheck)
{
    QList<SessionId> ids;
    for (const QByteArray &session : sessions)
        ids.append(SessionId(session));
    return wait<Beat>([&](auto done) {
        RegularHeartbeat(store).beat({{kUser, ids,
                                       asksNextCheck ? RegularHeartbeat::NextCheck::Asked
                                                     : RegularHeartbeat::NextCheck::NotAsked}},
                                     {}, [done](const auto &, const auto &beat) { done(beat); });
    });
}

} // namespace presence::test
