// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/phoenixcodec.h"

#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"

#include <QJsonArray>

#include <algorithm>
#include <array>
#include <optional>
#include <simdjson.h>
#include <vector>

namespace presence::protocol {

using namespace Qt::StringLiterals;
using Element = simdjson::dom::element;
using Field = std::optional<Element>; ///< of a message, if it is there

static Failure malformed(QLatin1StringView what)
{
    return fail(ErrorCode::Malformed, QString(what));
}

/// Valid until the next call on this thread.
static simdjson::simdjson_result<Element> parse(QByteArrayView text)
{
    thread_local simdjson::dom::parser parser;
    thread_local QByteArray padded;
    padded.resize(0);
    padded.append(text).append(qsizetype(simdjson::SIMDJSON_PADDING), '\0');
    return parser.parse(padded.constData(), static_cast<size_t>(text.size()), false);
}

static QByteArrayView toView(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

static QJsonValue toQt(Element value);

/// In the order of the keys, in which a QJsonObject keeps them: to insert them as they come would
/// be quadratic.
static QJsonObject toQtObject(simdjson::dom::object members)
{
    std::vector<std::pair<QString, QJsonValue>> sorted;
    for (const auto &[key, member] : members)
        sorted.emplace_back(QString::fromUtf8(toView(key)), toQt(member));
    std::ranges::stable_sort(sorted, {}, &std::pair<QString, QJsonValue>::first);
    QJsonObject object;
    for (const auto &[key, member] : sorted)
        object.insert(key, member);
    return object;
}

static QJsonValue toQt(Element value)
{
    switch (value.type()) {
    case simdjson::dom::element_type::OBJECT: {
        return toQtObject(simdjson::dom::object(value));
    }
    case simdjson::dom::element_type::ARRAY: {
        QJsonArray array;
        for (const Element element : simdjson::dom::array(value))
            array.append(toQt(element));
        return array;
    }
    case simdjson::dom::element_type::STRING:
        return QString::fromUtf8(toView(std::string_view(value)));
    case simdjson::dom::element_type::INT64:
        return static_cast<qint64>(std::int64_t(value));
    case simdjson::dom::element_type::UINT64:
    case simdjson::dom::element_type::DOUBLE:
        return double(value);
    case simdjson::dom::element_type::BOOL:
        return bool(value);
    case simdjson::dom::element_type::NULL_VALUE:
        return QJsonValue::Null;
    }
    return QJsonValue::Undefined;
}

static std::optional<Ref> toRef(const Field &value)
{
    if (!value || value->is_null())
        return Ref();
    Ref ref;
    if (value->is_string())
        ref = quoted(toView(std::string_view(*value)));
    else if (value->is_int64())
        ref = QByteArray::number(static_cast<qint64>(std::int64_t(*value)));
    else
        return std::nullopt;
    return ref.size() <= limits::kMaxRefLength ? std::optional(ref) : std::nullopt;
}

static Result<Message> toMessage(const std::array<Field, 5> &fields)
{
    const auto &[joinRef, ref, topic, event, payload] = fields;
    const auto join = toRef(joinRef);
    const auto own = toRef(ref);
    if (!join || !own)
        return malformed("a ref must be a short string"_L1);
    if (!topic || !topic->is_string() || !event || !event->is_string())
        return malformed("topic and event must be strings"_L1);
    if (payload && !payload->is_object() && !payload->is_null())
        return malformed("payload must be an object"_L1);
    Message message{.joinRef = *join,
                    .ref = *own,
                    .topic = toView(std::string_view(*topic)).toByteArray(),
                    .event = toView(std::string_view(*event)).toByteArray(),
                    .payload = payload ? toQt(*payload).toObject() : QJsonObject()};
    if (message.event.size() > limits::kMaxEventLength)
        return malformed("event name too long"_L1);
    return message;
}

static Result<Message> decodeArray(Element document)
{
    if (!document.is_array() || simdjson::dom::array(document).size() != 5)
        return malformed("a message is an array of five"_L1);
    std::array<Field, 5> fields;
    size_t next = 0;
    for (const Element field : simdjson::dom::array(document))
        fields[next++] = field;
    return toMessage(fields);
}

static Result<Message> decodeObject(Element document)
{
    static constexpr std::array kNames{"join_ref", "ref", "topic", "event", "payload"};
    if (!document.is_object())
        return malformed("a message is an object"_L1);
    std::array<Field, 5> fields;
    for (const auto &[key, value] : simdjson::dom::object(document)) {
        const auto *name = std::find(kNames.begin(), kNames.end(), key);
        if (name != kNames.end())
            fields[static_cast<size_t>(name - kNames.begin())] = value;
    }
    return toMessage(fields);
}

// By simdjson: with QJsonDocument this was most of what a heartbeat of a client cost.
Result<Message> decodeText(Vsn vsn, QByteArrayView text)
{
    const auto document = parse(text);
    if (document.error() != simdjson::SUCCESS)
        return malformed("not JSON"_L1);
    return vsn == Vsn::V2 ? decodeArray(document.value_unsafe())
                          : decodeObject(document.value_unsafe());
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

static void appendRef(QByteArray &text, const Ref &ref)
{
    if (ref.isEmpty())
        text.append("null");
    else
        text.append(ref);
}

QByteArray encodePush(Vsn vsn, const Ref &joinRef, const Ref &ref, QByteArrayView topic,
                      QByteArrayView event, QByteArrayView payload)
{
    QByteArray text;
    text.reserve(64 + joinRef.size() + ref.size() + topic.size() + event.size() + payload.size());
    const bool isArray = vsn == Vsn::V2;
    if (isArray) {
        appendRef(text.append('['), joinRef);
        appendRef(text.append(','), ref);
    }
    appendQuoted(text.append(isArray ? "," : "{\"topic\":"), topic);
    appendQuoted(text.append(isArray ? "," : ",\"event\":"), event);
    text.append(isArray ? "," : ",\"payload\":").append(payload);
    if (isArray)
        return text.append(']');
    appendRef(text.append(",\"ref\":"), ref);
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
