// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/jsonview.h"

#include <QRegularExpression>

#include <bit>
#include <simdjson.h>

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

static bool fits(const QString &number)
{
    bool isWhole = false;
    number.toLongLong(&isWhole);
    if (!isWhole)
        number.toULongLong(&isWhole);
    bool isFinite = false;
    number.toDouble(&isFinite);
    const bool isFraction = number.contains(u'.') || number.contains(u'e', Qt::CaseInsensitive);
    return isFraction ? isFinite : isWhole;
}

/// Numbers that no type holds become strings: they are JSON, and whoever asks for a number is told
/// that this is none.
static QByteArray withoutHugeNumbers(QByteArrayView text)
{
    static const QRegularExpression tokens(
        uR"("(?:[^"\\]|\\.)*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)"_s);
    QString whole = QString::fromLatin1(text); // each byte as it is
    qsizetype added = 0;
    auto matches = tokens.globalMatch(QString(whole));
    while (matches.hasNext()) {
        const auto match = matches.next();
        if (match.capturedView().startsWith(u'"') || fits(match.captured()))
            continue;
        whole.insert(match.capturedStart() + added, u'"');
        whole.insert(match.capturedEnd() + added + 1, u'"');
        added += 2;
    }
    return whole.toLatin1();
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
    if (document.error() == simdjson::STRING_ERROR)
        document = parseText(withoutHalfSurrogates(text.toByteArray()));
    if (document.error() == simdjson::NUMBER_ERROR)
        document = parseText(withoutHugeNumbers(text));
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
