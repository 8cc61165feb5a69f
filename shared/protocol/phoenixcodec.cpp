// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/phoenixcodec.h"

#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"

#include <QStringBuilder>

#include <algorithm>
#include <array>
#include <optional>

namespace presence::protocol {

using namespace Qt::StringLiterals;
static Failure malformed(QLatin1StringView what)
{
    return fail(ErrorCode::Malformed, QString(what));
}

static std::optional<Ref> toRef(const JsonView &value)
{
    if (!value.isGiven())
        return Ref();
    Ref ref;
    if (value.isString())
        ref = quoted(value.bytes());
    else if (const auto number = value.toWhole())
        ref = QByteArray::number(*number);
    else
        return std::nullopt;
    return ref.size() <= limits::kMaxRefLength ? std::optional(ref) : std::nullopt;
}

/// join_ref, ref, topic, event, payload
using Fields = std::array<JsonView, 5>;

static Result<Message> toMessage(const Fields &fields)
{
    const auto &[joinRef, ref, topic, event, payload] = fields;
    const auto join = toRef(joinRef);
    const auto own = toRef(ref);
    if (!join || !own)
        return malformed("a ref must be a short string"_L1);
    if (!topic.isString() || !event.isString())
        return malformed("topic and event must be strings"_L1);
    if (payload.isGiven() && !payload.isObject())
        return malformed("payload must be an object"_L1);
    if (event.bytes().size() > limits::kMaxEventLength)
        return malformed("event name too long"_L1);
    Message message;
    message.joinRef = *join;
    message.ref = *own;
    message.topic = topic.bytes().toByteArray();
    message.event = event.bytes();
    message.payload = payload;
    return message;
}

static Result<Message> decodeArray(const JsonView &document)
{
    Fields fields;
    if (!document.readElements(fields))
        return malformed("a message is an array of five elements"_L1);
    return toMessage(fields);
}

static Result<Message> decodeObject(const JsonView &document)
{
    if (!document.isObject())
        return malformed("a message is an object"_L1);
    return toMessage({document["join_ref"], document["ref"], document["topic"], document["event"],
                      document["payload"]});
}

Result<Message> decodeText(Vsn vsn, QByteArrayView text)
{
    return JsonView::parse(text).and_then(vsn == Vsn::V2 ? &decodeArray : &decodeObject);
}

Result<Message> decodeBinary(QByteArrayView bytes)
{
    // kind, four lengths, then join_ref, ref, topic, event; the rest is payload.
    constexpr qsizetype kHeader = 5;
    constexpr char kPush = 0;
    if (bytes.size() < kHeader || bytes[0] != kPush)
        return malformed("not a binary push"_L1);
    qsizetype offset = kHeader;
    std::array<QByteArrayView, 4> fields;
    for (size_t i = 0; i < fields.size(); ++i) {
        const qsizetype length = static_cast<uchar>(bytes[static_cast<qsizetype>(i) + 1]);
        if (offset + length > bytes.size())
            return malformed("binary push cut short"_L1);
        fields[i] = bytes.sliced(offset, length);
        offset += length;
    }
    const auto ref = [](QByteArrayView text) { return text.isEmpty() ? Ref() : quoted(text); };
    Message message;
    message.joinRef = ref(fields[0]);
    message.ref = ref(fields[1]);
    message.topic = fields[2].toByteArray();
    message.event = fields[3];
    message.isBinary = true;
    return message;
}

/// As it goes into a message.
static QByteArrayView textOf(const Ref &ref)
{
    return ref.isEmpty() ? QByteArrayView("null") : QByteArrayView(ref);
}

QByteArray encodePush(Vsn vsn, const Ref &joinRef, const Ref &ref, QByteArrayView topic,
                      QByteArrayView event, QByteArrayView payload)
{
    QByteArray storage;
    const QByteArrayView name = escaped(topic, storage);
    // One allocation: a message goes out for each that comes in, and more.
    if (vsn == Vsn::V2)
        return '[' % textOf(joinRef) % ',' % textOf(ref) % ",\"" % name % "\",\"" % event % "\","
            % payload % ']';
    return "{\"topic\":\"" % name % "\",\"event\":\"" % event % "\",\"payload\":" % payload
        % ",\"ref\":" % textOf(ref) % '}';
}

QByteArray encodePushHead(Vsn vsn, const Ref &joinRef, QByteArrayView topic, QByteArrayView event)
{
    QByteArray storage;
    const QByteArrayView name = escaped(topic, storage);
    if (vsn == Vsn::V1)
        return "{\"topic\":\"" % name % "\",\"event\":\"" % event % "\",\"ref\":null,\"payload\":";
    return '[' % textOf(joinRef) % ",null,\"" % name % "\",\"" % event % "\",";
}

QByteArray pushEnd(Vsn vsn)
{
    return vsn == Vsn::V1 ? QByteArrayLiteral("}") : QByteArrayLiteral("]");
}

QByteArray encodeReply(Vsn vsn, const Ref &joinRef, const Ref &ref, QByteArrayView topic,
                       ReplyStatus status, QByteArrayView response)
{
    const QByteArrayView opening = status == ReplyStatus::Ok
        ? QByteArrayView("{\"status\":\"ok\",\"response\":")
        : QByteArrayView("{\"status\":\"error\",\"response\":");
    const QByteArray payload = opening % response % '}';
    return encodePush(vsn, joinRef, ref, topic, event::kReply, payload);
}

QByteArray answerHeartbeat(Vsn vsn, QByteArrayView text)
{
    constexpr QByteArrayView kBegin("[null,\"");
    constexpr QByteArrayView kEnd("\",\"phoenix\",\"heartbeat\",{}]");
    constexpr qsizetype kMaxDigits = 20;
    const qsizetype digits = text.size() - kBegin.size() - kEnd.size();
    if (vsn != Vsn::V2 || digits < 1 || digits > kMaxDigits || !text.startsWith(kBegin)
        || !text.endsWith(kEnd))
        return {};
    const QByteArrayView ref = text.sliced(kBegin.size(), digits);
    if (!std::ranges::all_of(ref, [](char c) { return c >= '0' && c <= '9'; }))
        return {};
    return kBegin % ref % R"(","phoenix","phx_reply",{"status":"ok","response":{}}])";
}

} // namespace presence::protocol
