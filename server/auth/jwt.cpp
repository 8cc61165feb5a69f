// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/jwt.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <openssl/crypto.h>

namespace presence::auth {

using namespace Qt::StringLiterals;

static constexpr auto kBase64 = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;

static Failure refused(const QString &why)
{
    return fail(ErrorCode::Unauthenticated, why);
}

static std::optional<QByteArray> decode(QByteArrayView part)
{
    const auto result = QByteArray::fromBase64Encoding(
        part.toByteArray(), kBase64 | QByteArray::AbortOnBase64DecodingErrors);
    return result ? std::optional(*result) : std::nullopt;
}

static std::optional<QJsonObject> decodeObject(QByteArrayView part)
{
    const auto bytes = decode(part);
    const auto document = bytes ? QJsonDocument::fromJson(*bytes) : QJsonDocument();
    return document.isObject() ? std::optional(document.object()) : std::nullopt;
}

/// Only what our keys are for: a token cannot choose how it is checked.
static bool isAcceptable(QByteArrayView part)
{
    // {"alg":"HS256","typ":"JWT"} and {"typ":"JWT","alg":"HS256"}: nearly all there are.
    if (part == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        || part == "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9")
        return true;
    const auto decoded = decodeObject(part);
    if (!decoded)
        return false;
    const QJsonObject &header = *decoded;
    const QString type = header["typ"_L1].toString(u"JWT"_s);
    return header["alg"_L1].toString() == "HS256"_L1 && !header.contains("crit"_L1)
        && !header.contains("zip"_L1) && type.compare("JWT"_L1, Qt::CaseInsensitive) == 0;
}

Result<QJsonObject> JwtVerifier::verifiedClaims(QByteArrayView token) const
{
    if (token.size() > kMaxToken)
        return refused("token too long"_L1);
    const qsizetype first = token.indexOf('.');
    const qsizetype last = token.lastIndexOf('.');
    if (first < 0 || last == first || token.sliced(first + 1, last - first - 1).contains('.'))
        return refused("not a token"_L1);
    if (!isAcceptable(token.first(first)))
        return refused("token of a kind that is not accepted"_L1);
    const auto signature = decode(token.sliced(last + 1));
    const QByteArray expected = m_key.digest(token.first(last));
    if (!signature || signature->size() != expected.size()
        || CRYPTO_memcmp(signature->constData(), expected.constData(),
                         static_cast<size_t>(expected.size()))
            != 0)
        return refused("token with a wrong signature"_L1);
    const auto claims = decodeObject(token.sliced(first + 1, last - first - 1));
    if (!claims)
        return refused("token without claims"_L1);
    return *claims;
}

Result<Caller> JwtVerifier::verify(QByteArrayView token, std::chrono::sys_seconds now) const
{
    return verifiedClaims(token).and_then(
        [this, now](const QJsonObject &claims) { return toCaller(claims, now); });
}

/// A claim that is one string, or a list of strings, or (for `scope`) words in one string.
static QStringList toStrings(const QJsonValue &claim)
{
    if (claim.isString())
        return claim.toString().split(u' ', Qt::SkipEmptyParts);
    QStringList strings;
    for (const QJsonValue &value : claim.toArray())
        strings.append(value.toString());
    return strings;
}

template <typename Id>
static std::optional<QSet<Id>> toIds(const QJsonValue &claim)
{
    if (claim.isUndefined())
        return std::nullopt;
    QSet<Id> ids;
    for (const QString &text : toStrings(claim)) {
        if (const auto id = Id::parse(QStringView(text)))
            ids.insert(*id);
    }
    return ids;
}

/// A NumericDate (RFC 7519, 2), which may have a fraction.
static std::optional<std::chrono::sys_time<std::chrono::milliseconds>>
toTime(const QJsonValue &claim)
{
    if (!claim.isDouble() || claim.toDouble() < 0 || claim.toDouble() > 1e12)
        return std::nullopt;
    return std::chrono::sys_time<std::chrono::milliseconds>(
        std::chrono::milliseconds(static_cast<qint64>(claim.toDouble() * 1000)));
}

Result<Caller> JwtVerifier::toCaller(const QJsonObject &claims, std::chrono::sys_seconds now) const
{
    const QByteArray subject = claims["sub"_L1].toString().toUtf8();
    const auto user = UserId::parse(QByteArrayView(subject));
    if (!user)
        return refused(subject.isEmpty() ? u"token without a user"_s
                                         : u"the token's sub "_s + idFault(subject));
    Caller caller{.user = *user,
                  .workspaces = toIds<WorkspaceId>(claims["workspaces"_L1]),
                  .channels = toIds<ChannelId>(claims["channels"_L1])};
    const QStringList scopes = toStrings(claims["scope"_L1]);
    caller.isAdmin = scopes.contains("admin"_L1);
    caller.isService = scopes.contains("service"_L1);
    if (claims.contains("exp"_L1)) {
        const auto expiry = toTime(claims["exp"_L1]);
        if (!expiry || now >= *expiry + m_config.leeway)
            return refused("token expired"_L1);
        caller.expiresAt = std::chrono::floor<std::chrono::seconds>(*expiry);
    }
    if (claims.contains("nbf"_L1)) {
        const auto start = toTime(claims["nbf"_L1]);
        if (!start || now + m_config.leeway < *start)
            return refused("token not valid yet"_L1);
    }
    if (const auto issued = toTime(claims["iat"_L1]))
        caller.issuedAt = issued->time_since_epoch();
    if (!m_config.issuer.isEmpty() && claims["iss"_L1].toString() != m_config.issuer)
        return refused("token of another issuer"_L1);
    if (!m_config.audience.isEmpty() && !toStrings(claims["aud"_L1]).contains(m_config.audience))
        return refused("token for another audience"_L1);
    return caller;
}

QByteArray signToken(const QJsonObject &claims, const QByteArray &secret)
{
    const QByteArray head = QByteArray(R"({"alg":"HS256","typ":"JWT"})").toBase64(kBase64) + '.'
        + QJsonDocument(claims).toJson(QJsonDocument::Compact).toBase64(kBase64);
    return head + '.' + HmacSha256(secret).digest(head).toBase64(kBase64);
}

} // namespace presence::auth
