// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/jsonview.h"

#include <QtNumeric>

#include <algorithm>
#include <bit>
#include <simdjson.h>
#include <tuple>

namespace presence::protocol {

using namespace Qt::StringLiterals;

using simdjson::dom::element_type;
using Element = simdjson::dom::element;

/// Between a view and the parser's own type.
struct JsonAccess
{
    static Element get(const JsonView &view) { return std::bit_cast<Element>(view.m_element); }
    static JsonView view(const Element &element)
    {
        JsonView view;
        view.m_element = std::bit_cast<decltype(view.m_element)>(element);
        return view;
    }
};

static QByteArrayView toView(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

/// Whether the four hexadecimal digits after the \u at `at` are of a surrogate, and of which.
static bool isSurrogate(QByteArrayView text, qsizetype at, bool isLow)
{
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u')
        return false;
    bool ok = false;
    const uint code = text.sliced(at + 2, 4).toUInt(&ok, 16);
    return ok && (code & 0xFC00U) == (isLow ? 0xDC00U : 0xD800U);
}

static QByteArray withoutHalfSurrogates(QByteArray text)
{
    for (qsizetype at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
        if (isSurrogate(text, at, false) && isSurrogate(text, at + 6, true)) {
            at += 12;
            continue;
        }
        if (isSurrogate(text, at, false) || isSurrogate(text, at, true))
            text.replace(at + 2, 4, "fffd");
        at += 2;
    }
    return text;
}

/// Of a number's text, whatever it says.
static bool isHuge(QByteArrayView number)
{
    bool fits = false;
    if (number.contains('.') || number.contains('e') || number.contains('E')) {
        const double value = number.toDouble(&fits);
        return !fits || qIsInf(value);
    }
    std::ignore = number.toLongLong(&fits);
    if (!fits)
        std::ignore = number.toULongLong(&fits);
    return !fits;
}

/// Whether it is what JSON calls a number.
static bool isNumber(QByteArrayView text)
{
    qsizetype at = 0;
    const auto take = [&](QByteArrayView any) {
        const bool is = at < text.size() && any.contains(text[at]);
        at += is ? 1 : 0;
        return is;
    };
    const auto digits = [&] {
        const qsizetype from = at;
        while (take("0123456789")) { }
        return at - from;
    };
    take("-");
    const qsizetype first = at;
    const qsizetype whole = digits();
    if (whole == 0 || (whole > 1 && text[first] == '0') || (take(".") && digits() == 0))
        return false;
    if (take("eE")) {
        take("+-");
        if (digits() == 0)
            return false;
    }
    return at == text.size();
}

/// Numbers that no type holds become strings: they are JSON, and whoever asks for a number is told
/// that this is none.
static QByteArray withoutHugeNumbers(QByteArrayView text)
{
    constexpr QByteArrayView kParts("0123456789-+.eE");
    QByteArray result;
    result.reserve(text.size() + text.size() / 8);
    bool isInString = false;
    for (qsizetype at = 0; at < text.size();) {
        qsizetype end = at + 1;
        const char c = text[at];
        const bool isPart = !isInString && (c == '-' || (c >= '0' && c <= '9'));
        if (isInString && c == '\\')
            end = std::min(at + 2, text.size());
        while (isPart && end < text.size() && kParts.contains(text[end]))
            ++end;
        isInString = c == '"' ? !isInString : isInString;
        const QByteArrayView token = text.sliced(at, end - at);
        const bool isQuoted = isPart && isNumber(token) && isHuge(token);
        if (isQuoted)
            result.append('"');
        result.append(token);
        if (isQuoted)
            result.append('"');
        at = end;
    }
    return result;
}

static simdjson::simdjson_result<Element> parseText(QByteArrayView text)
{
    thread_local simdjson::dom::parser parser;
    thread_local QByteArray padded;
    padded.resize(0);
    padded.append(text).append(qsizetype(simdjson::SIMDJSON_PADDING), '\0');
    return parser.parse(padded.constData(), static_cast<size_t>(text.size()), false);
}

JsonView::JsonView() = default;

Result<JsonView> JsonView::parse(QByteArrayView text)
{
    auto document = parseText(text);
    QByteArray repaired;
    if (document.error() == simdjson::NUMBER_ERROR) {
        repaired = withoutHugeNumbers(text);
        document = parseText(repaired);
    }
    if (document.error() == simdjson::STRING_ERROR) {
        repaired = withoutHalfSurrogates(repaired.isNull() ? text.toByteArray() : repaired);
        document = parseText(repaired);
    }
    if (document.error() == simdjson::NUMBER_ERROR)
        document = parseText(withoutHugeNumbers(repaired));
    if (document.error() != simdjson::SUCCESS)
        return fail(ErrorCode::Malformed, QStringLiteral("not JSON"));
    return JsonAccess::view(document.value_unsafe());
}

bool JsonView::isUndefined() const
{
    return m_element == decltype(m_element){};
}

bool JsonView::isGiven() const
{
    return !isUndefined() && !JsonAccess::get(*this).is_null();
}

bool JsonView::isString() const
{
    return !isUndefined() && JsonAccess::get(*this).is_string();
}

bool JsonView::isObject() const
{
    return !isUndefined() && JsonAccess::get(*this).is_object();
}

bool JsonView::isArray() const
{
    return !isUndefined() && JsonAccess::get(*this).is_array();
}

QByteArrayView JsonView::bytes() const
{
    return isString() ? toView(std::string_view(JsonAccess::get(*this))) : QByteArrayView();
}

std::optional<qint64> JsonView::toWhole() const
{
    if (isUndefined())
        return std::nullopt;
    const Element element = JsonAccess::get(*this);
    if (element.type() == element_type::INT64)
        return static_cast<qint64>(std::int64_t(element));
    if (element.type() != element_type::DOUBLE)
        return std::nullopt;
    constexpr double kExact = 9007199254740992.0; // 2^53
    const double number = double(element);
    if (number < -kExact || number > kExact || double(qint64(number)) != number)
        return std::nullopt;
    return qint64(number);
}

double JsonView::toNumber() const
{
    if (isUndefined() || !JsonAccess::get(*this).is_number())
        return 0;
    return double(JsonAccess::get(*this));
}

bool JsonView::isTrue() const
{
    return !isUndefined() && JsonAccess::get(*this).is_bool() && bool(JsonAccess::get(*this));
}

std::optional<QByteArray> JsonView::toText() const
{
    if (isString())
        return bytes().toByteArray();
    const auto number = toWhole();
    return number ? std::optional(QByteArray::number(*number)) : std::nullopt;
}

JsonView JsonView::operator[](std::string_view name) const
{
    JsonView found;
    if (!isObject())
        return found;
    for (const auto &[key, value] : simdjson::dom::object(JsonAccess::get(*this))) {
        if (key == name)
            found = JsonAccess::view(value);
    }
    return found;
}

size_t JsonView::size() const
{
    if (isArray())
        return simdjson::dom::array(JsonAccess::get(*this)).size();
    return isObject() ? simdjson::dom::object(JsonAccess::get(*this)).size() : 0;
}

std::vector<JsonView> JsonView::elements() const
{
    std::vector<JsonView> elements;
    if (!isArray())
        return elements;
    for (const Element element : simdjson::dom::array(JsonAccess::get(*this)))
        elements.push_back(JsonAccess::view(element));
    return elements;
}

bool JsonView::readElements(std::span<JsonView> elements) const
{
    if (!isArray() || size() < elements.size())
        return false;
    auto to = elements.begin();
    for (const Element element : simdjson::dom::array(JsonAccess::get(*this))) {
        if (to == elements.end())
            break;
        *to++ = JsonAccess::view(element);
    }
    return true;
}

} // namespace presence::protocol
