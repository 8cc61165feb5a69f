// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/documents.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

namespace presence::archive {

using namespace Qt::StringLiterals;

static QByteArray compact(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

static QJsonObject longOf(qint64 value)
{
    return {{"$numberLong"_L1, QString::number(value)}};
}

static QJsonObject dateOf(qint64 ms)
{
    return {{"$date"_L1, longOf(ms)}};
}

/// As the id of what happened sorts after that of what happened before: in the same millisecond by
/// the number.
static QByteArray sortable(const QByteArray &id)
{
    const qsizetype dash = id.indexOf('-');
    return id.first(dash + 1) + id.sliced(dash + 1).rightJustified(8, '0');
}

static Document userDocument(const UserId &user, qint64 revision, qint64 at,
                             const QJsonObject &state)
{
    // The revision first: documents compare by their fields, in this order.
    QByteArray json = R"({"revision":)" + compact(longOf(revision)) + R"(,"at":)"
        + compact(dateOf(at)) + ',' + compact(state).sliced(1);
    return {Document::Kind::User, user.bytes(), user, std::move(json)};
}

static Document historyDocument(const UserId &user, const QByteArray &id, qint64 at,
                                QJsonObject fields)
{
    fields["_id"_L1] = QString::fromUtf8(id);
    fields["user_id"_L1] = QString::fromLatin1(user.bytes());
    fields["at"_L1] = dateOf(at);
    return {Document::Kind::History, id, user, compact(fields)};
}

static QString nodeOf(const QString &tag, const QHash<QByteArray, QByteArray> &nodes)
{
    return QString::fromUtf8(nodes.value(tag.toLatin1(), tag.toLatin1()));
}

static QJsonObject sessionFields(const QJsonObject &session,
                                 const QHash<QByteArray, QByteArray> &nodes)
{
    const QString id = session["id"_L1].toString();
    const bool isRest = id.startsWith("rest:"_L1);
    QJsonObject fields{{"type"_L1, session["event"_L1]},
                       {"session_id"_L1, id},
                       {"device_id"_L1, session["device_id"_L1]},
                       {"workspace_id"_L1, session["workspace_id"_L1]},
                       {"kind"_L1, isRest ? "rest"_L1 : "websocket"_L1},
                       {"cause"_L1, session["cause"_L1]},
                       {"since"_L1, dateOf(session["since"_L1].toString().toLongLong() / 1000)}};
    if (!isRest)
        fields["node"_L1] = nodeOf(id.section(u'-', 0, 0), nodes);
    return fields;
}

/// "node device by", of which the last ones may be missing.
static void addOrigin(QJsonObject &fields, const QString &origin,
                      const QHash<QByteArray, QByteArray> &nodes)
{
    const QStringList words = origin.split(u' ');
    if (!words.value(0).isEmpty())
        fields["node"_L1] = nodeOf(words[0], nodes);
    if (!words.value(1).isEmpty())
        fields["device_id"_L1] = words[1];
    if (!words.value(2).isEmpty())
        fields["by"_L1] = words[2];
}

std::vector<Document> toDocuments(const std::vector<Change> &changes, bool keepsHistory,
                                  const QHash<QByteArray, QByteArray> &nodes)
{
    std::vector<Document> history;
    QHash<QByteArray, std::pair<qint64, Document>> newest;
    for (const Change &change : changes) {
        const QJsonObject json = QJsonDocument::fromJson(change.json).object();
        const auto user = UserId::parse(json["user_id"_L1].toString());
        if (!user) {
            // It is refused, and kept aside.
            history.push_back(
                {Document::Kind::History, change.stream + '/' + change.id, UserId(), change.json});
            continue;
        }
        const qint64 at = json["at"_L1].toInteger();
        const qint64 revision = json["revision"_L1].toString().toLongLong();
        const QJsonObject state = json["state"_L1].toObject();
        auto &known = newest[user->bytes()];
        if (!state.isEmpty() && !json["unasked"_L1].toBool() && revision >= known.first)
            known = {revision, userDocument(*user, revision, at, state)};
        if (!keepsHistory)
            continue;
        const QByteArray id = user->bytes() + '/' + sortable(change.id) + '/';
        const QJsonArray sessions = json["sessions"_L1].toArray();
        // Others may know what they saw of its status, and nothing of sessions: those of a user in
        // hiding would be missing.
        for (qsizetype i = 0; i < sessions.size(); ++i)
            history.push_back(historyDocument(*user, id + QByteArray::number(i), at,
                                              sessionFields(sessions[i].toObject(), nodes)));
        if (!json.contains("status"_L1) || state.isEmpty())
            continue;
        QJsonObject fields{{"type"_L1, "status"_L1},
                           {"cause"_L1, json["status"_L1]},
                           {"public"_L1, json["published"_L1].toBool()}};
        for (const auto field :
             {"status"_L1, "custom_message"_L1, "emoji"_L1, "expires_at"_L1, "shown"_L1})
            fields[field] = state[field];
        addOrigin(fields, json["origin"_L1].toString(), nodes);
        history.push_back(historyDocument(*user, id + "status", at, fields));
    }
    std::vector<Document> documents;
    for (const auto &[revision, document] : std::as_const(newest)) {
        if (!document.json.isEmpty())
            documents.push_back(document);
    }
    std::ranges::move(history, std::back_inserter(documents));
    return documents;
}

/// Of a date in relaxed extended JSON, in ms since the epoch.
static qint64 fromDate(const QJsonValue &date)
{
    const QJsonValue value = date["$date"_L1];
    if (value.isString())
        return QDateTime::fromString(value.toString(), Qt::ISODateWithMs).toMSecsSinceEpoch();
    return value["$numberLong"_L1].toString().toLongLong();
}

std::optional<ArchivedUser> toArchivedUser(const QJsonObject &document)
{
    const auto user = UserId::parse(document["_id"_L1].toString());
    const QJsonObject presence = document["presence"_L1].toObject();
    if (!user || presence.isEmpty())
        return std::nullopt;
    const auto text
        = [&presence](QLatin1StringView name) { return presence[name].toString().toUtf8(); };
    const auto number = [&presence](QLatin1StringView name) { return presence[name].toInteger(); };
    return ArchivedUser{.user = *user,
                        .status = text("status"_L1),
                        .customMessage = text("custom_message"_L1),
                        .emoji = text("emoji"_L1),
                        .expiresAt = number("expires_at"_L1),
                        .lastSeen = number("last_seen"_L1),
                        .updatedAt = number("updated_at"_L1),
                        .revision = number("revision"_L1),
                        .shown = compact(presence["shown"_L1].toObject())};
}

Ms momentOf(const QJsonObject &document)
{
    return Ms(fromDate(document["at"_L1]));
}

QJsonObject toHistoryRow(const QJsonObject &document, bool isPublic)
{
    QJsonObject row = document;
    for (const auto ours : {"_id"_L1, "user_id"_L1, "public"_L1})
        row.remove(ours);
    for (const auto date : {"at"_L1, "since"_L1}) {
        if (row.contains(date))
            row[date] = fromDate(row[date]) / 1000;
    }
    QJsonObject shown = row.value("shown"_L1).toObject();
    if (shown.isEmpty())
        return row;
    if (!isPublic) {
        shown.remove("workspaces"_L1); // for recall
        row["shown"_L1] = shown;
        return row;
    }
    QJsonObject seen{{"at"_L1, row["at"_L1]}, {"type"_L1, row["type"_L1]}};
    for (const auto field : {"status"_L1, "custom_message"_L1, "emoji"_L1})
        seen[field] = shown[field];
    return seen;
}

} // namespace presence::archive
