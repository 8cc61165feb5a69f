// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/changetext.h"

#include "shared/protocol/jsonview.h"

namespace presence::admin {

using namespace Qt::StringLiterals;

static Seconds toSeconds(qint64 count)
{
    return Seconds(std::chrono::seconds(count));
}

/// "operator:ID" or "service:ID"; empty for the user itself.
static void takeActor(ChangeRow &change, const QByteArray &actor)
{
    const qsizetype colon = actor.indexOf(':');
    if (colon < 0)
        return;
    change.by = actor.startsWith("operator:") ? ChangeRow::By::Operator : ChangeRow::By::Service;
    change.byId = UserId(actor.sliced(colon + 1));
}

static void takeTexts(ChangeRow &change, const QByteArray &json)
{
    const auto texts = protocol::JsonView::parse(json);
    if (!texts)
        return;
    change.customMessage = (*texts)["custom_message"].bytes().toByteArray();
    change.emoji = (*texts)["emoji"].bytes().toByteArray();
}

/// "time seen chosen cause node device by {texts}": what is at the end may be missing.
std::optional<ChangeRow> readChange(const QByteArray &entry)
{
    const qsizetype texts = entry.indexOf(" {");
    const QByteArrayList words = (texts < 0 ? entry : entry.first(texts)).split(' ');
    if (words.size() < 4)
        return std::nullopt;
    ChangeRow change{.at = toSeconds(words[0].toLongLong()),
                     .seen = statusFromName(words[1]).value_or(Status::Offline),
                     .chosen = statusFromName(words[2]).value_or(Status::Online),
                     .cause = words[3],
                     .device = DeviceId(words.value(5)),
                     .node = words.value(4)};
    takeActor(change, words.value(6));
    if (texts >= 0)
        takeTexts(change, entry.sliced(texts + 1));
    return change;
}

ChangeRow toChange(const QJsonObject &row)
{
    const auto status = [](const QJsonValue &name, Status otherwise) {
        return statusFromName(name.toString().toLatin1()).value_or(otherwise);
    };
    const auto text = [&row](QLatin1StringView name) { return row[name].toString().toUtf8(); };
    ChangeRow change{.at = toSeconds(row["at"_L1].toInteger()),
                     .seen = status(row["shown"_L1]["status"_L1], Status::Offline),
                     .chosen = status(row["status"_L1], Status::Online),
                     .cause = text("cause"_L1),
                     .customMessage = text("custom_message"_L1),
                     .emoji = text("emoji"_L1),
                     .device = DeviceId(text("device_id"_L1)),
                     .node = text("node"_L1)};
    takeActor(change, text("by"_L1));
    return change;
}

} // namespace presence::admin
