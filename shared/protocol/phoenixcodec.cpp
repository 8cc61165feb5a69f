// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/phoenixcodec.h"

#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace presence::protocol {

using namespace Qt::StringLiterals;

static Failure malformed(QLatin1StringView what)
{
    return fail(ErrorCode::Malformed, QString(what));
}

static std::optional<Ref> toRef(const QJsonValue &value)
{
    if (value.isNull() || value.isUndefined())
        return Ref();
    Ref ref;
    if (value.isString())
        ref = quoted(QStringView(value.toString()));
    else if (value.isDouble())
        ref = QByteArray::number(value.toInteger());
    else
        return std::nullopt;
    return ref.size() <= limits::kMaxRefLength ? std::optional(ref) : std::nullopt;
}

static Result<Message> toMessage(const QJsonValue &joinRef, const QJsonValue &ref,
                                 const QJsonValue &topic, const QJsonValue &event,
                                 const QJsonValue &payload)
{
    const auto join = toRef(joinRef);
    const auto own = toRef(ref);
    if (!join || !own)
        return malformed("a ref must be a short string"_L1);
    if (!topic.isString() || !event.isString())
        return malformed("topic and event must be strings"_L1);
    if (!payload.isObject() && !payload.isNull() && !payload.isUndefined())
        return malformed("payload must be an object"_L1);
    Message message{.joinRef = *join,
                    .ref = *own,
                    .topic = topic.toString().toUtf8(),
                    .event = event.toString().toUtf8(),
                    .payload = payload.toObject()};
    if (message.event.size() > limits::kMaxEventLength)
        return malformed("event name too long"_L1);
    return message;
}

Result<Message> decodeText(Vsn vsn, QByteArrayView text)
{
    // fromRawData: the document does not outlive the view.
    const auto document
        = QJsonDocument::fromJson(QByteArray::fromRawData(text.data(), text.size()));
    if (vsn == Vsn::V2) {
        const QJsonArray fields = document.array();
        if (fields.size() != 5)
            return malformed("a message is an array of five"_L1);
        return toMessage(fields[0], fields[1], fields[2], fields[3], fields[4]);
    }
    if (!document.isObject())
        return malformed("a message is an object"_L1);
    const QJsonObject fields = document.object();
    return toMessage(fields["join_ref"_L1], fields["ref"_L1], fields["topic"_L1],
                     fields["event"_L1], fields["payload"_L1]);
}

Result<Message> decodeBinary(QByteArrayView bytes)
{
    // kind, four lengths, then join_ref, ref, topic, event; the rest is payload.
    constexpr qsizetype kHeader = 5;
    constexpr char kPush = 0;
    if (bytes.size() < kHeader || bytes[0] != kPush)
        return malformed("not a binary push"_L1);
    qsizetype offset = kHeader;
    std::array<QByteArray, 4> fields;
    for (size_t i = 0; i < fields.size(); ++i) {
        const qsizetype length = static_cast<uchar>(bytes[static_cast<qsizetype>(i) + 1]);
        if (offset + length > bytes.size())
            return malformed("binary push cut short"_L1);
        fields[i] = bytes.sliced(offset, length).toByteArray();
        offset += length;
    }
    const auto ref = [](const QByteArray &text) { return text.isEmpty() ? Ref() : quoted(text); };
    return Message{.joinRef = ref(fields[0]),
                   .ref = ref(fields[1]),
                   .topic = fields[2],
                   .event = fields[3],
                   .payload = {},
                   .isBinary = true};
}

static QByteArray orNull(const Ref &ref)
{
    return ref.isEmpty() ? "null"_ba : ref;
}

QByteArray encodePush(Vsn vsn, const Ref &joinRef, const Ref &ref, QByteArrayView topic,
                      QByteArrayView event, QByteArrayView payload)
{
    QByteArray text;
    text.reserve(64 + topic.size() + event.size() + payload.size());
    if (vsn == Vsn::V2) {
        text.append('[').append(orNull(joinRef)).append(',').append(orNull(ref)).append(',');
        text.append(quoted(topic)).append(',').append(quoted(event)).append(',');
        return text.append(payload).append(']');
    }
    text.append("{\"topic\":").append(quoted(topic)).append(",\"event\":").append(quoted(event));
    text.append(",\"payload\":").append(payload).append(",\"ref\":").append(orNull(ref));
    return text.append('}');
}

QByteArray encodeReply(Vsn vsn, const Ref &joinRef, const Ref &ref, QByteArrayView topic,
                       ReplyStatus status, QByteArrayView response)
{
    QByteArray payload = status == ReplyStatus::Ok ? "{\"status\":\"ok\",\"response\":"_ba
                                                   : "{\"status\":\"error\",\"response\":"_ba;
    payload.append(response).append('}');
    return encodePush(vsn, joinRef, ref, topic, event::kReply, payload);
}

} // namespace presence::protocol
