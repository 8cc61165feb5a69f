// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/jwt.h"

#include "server/auth/base64url.h"
#include "server/auth/strictjson.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace presence::auth {

using namespace Qt::StringLiterals;

static Failure refused(const QString &why)
{
    return fail(ErrorCode::Unauthenticated, why);
}

static std::unique_ptr<KeyRing> ringOf(const QByteArray &secret)
{
    KeySet keys;
    keys.add(Key::fromSecret(secret));
    return std::make_unique<KeyRing>(std::move(keys));
}

JwtVerifier::JwtVerifier(JwtConfig config)
    : m_config(std::move(config)), m_ownRing(ringOf(m_config.secret)), m_ring(*m_ownRing)
{
}

static std::optional<QJsonObject> decodeObject(QByteArrayView part)
{
    const auto bytes = fromBase64Url(part);
    return bytes ? toStrictObject(*bytes) : std::nullopt;
}

namespace {

/// What a token says of its signature.
struct Header
{
    Algorithm algorithm;
    QByteArray keyId;
};

} // namespace

/// JWT, or an access token of RFC 9068. Anything else is a token for something else.
static bool isAcceptableType(const QJsonValue &type)
{
    if (type.isUndefined())
        return true;
    const QString name = type.toString().toLower();
    return name == "jwt"_L1 || name == "at+jwt"_L1 || name == "application/at+jwt"_L1;
}

static std::optional<Header> readHeader(QByteArrayView part)
{
    // {"alg":"HS256","typ":"JWT"} and {"typ":"JWT","alg":"HS256"}: nearly all of a secret.
    if (part == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        || part == "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9")
        return Header{Algorithm::Hs256, {}};
    const auto header = decodeObject(part);
    if (!header || header->contains("crit"_L1) || header->contains("zip"_L1)
        || header->contains("b64"_L1) || header->contains("cty"_L1)
        || !isAcceptableType((*header)["typ"_L1]))
        return std::nullopt;
    const auto algorithm = algorithmFromName((*header)["alg"_L1].toString());
    const QJsonValue id = (*header)["kid"_L1];
    if (!algorithm || (!id.isUndefined() && !id.isString()))
        return std::nullopt;
    return Header{*algorithm, id.toString().toUtf8()};
}

Result<void> JwtVerifier::checkSignature(QByteArrayView header, QByteArrayView text,
                                         const QByteArray &signature) const
{
    const auto wanted = readHeader(header);
    if (!wanted)
        return refused(u"token of a kind that is not accepted"_s);
    const quint64 generation = m_ring.generation();
    const auto keys = m_ring.keys();
    const auto candidates = keys->candidates(wanted->keyId, wanted->algorithm);
    for (const Key *key : candidates) {
        if (key->verify(text, signature))
            return {};
    }
    const bool isPublic = wanted->algorithm != Algorithm::Hs256; // secrets come from nowhere
    if (!candidates.empty() || (!wanted->keyId.isEmpty() && keys->has(wanted->keyId))) {
        // There may be another one of that name, or without one.
        if (isPublic)
            m_ring.ask();
        return refused(u"token with a wrong signature"_s);
    }
    const QByteArray name = wanted->keyId + '.' + toName(wanted->algorithm);
    if (isPublic && m_ring.mayCome(name, KeyRing::Clock::now()))
        return fail(ErrorCode::Unavailable, u"the key of the token is being looked for"_s);
    if (m_ring.generation() != generation) // it has come meanwhile
        return checkSignature(header, text, signature);
    return refused(u"token with a key that is not known"_s);
}

Result<QJsonObject> JwtVerifier::verifiedClaims(QByteArrayView token) const
{
    if (token.size() > kMaxToken)
        return refused("token too long"_L1);
    const qsizetype first = token.indexOf('.');
    const qsizetype last = token.lastIndexOf('.');
    if (first < 0 || last == first || token.sliced(first + 1, last - first - 1).contains('.'))
        return refused("not a token"_L1);
    const auto signature = fromBase64Url(token.sliced(last + 1));
    if (!signature)
        return refused("token with a wrong signature"_L1);
    return checkSignature(token.first(first), token.first(last), *signature)
        .and_then([&]() -> Result<QJsonObject> {
            const auto claims = decodeObject(token.sliced(first + 1, last - first - 1));
            if (!claims)
                return refused("token without claims"_L1);
            return *claims;
        });
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

/// One text, or a list of them; a space is a part of it.
static bool hasAudience(const QJsonValue &claim, const QString &audience)
{
    return claim.isString() ? claim.toString() == audience : claim.toArray().contains(audience);
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
    caller.isolates = m_config.isolates;
    caller.isAdmin = scopes.contains("admin"_L1);
    caller.isObserver = scopes.contains("admin:read"_L1);
    caller.isService = scopes.contains("service"_L1);
    if (m_config.requiresExpiry && !claims.contains("exp"_L1))
        return refused("token without an end"_L1);
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
    if (!m_config.audience.isEmpty() && !hasAudience(claims["aud"_L1], m_config.audience))
        return refused("token for another audience"_L1);
    return caller;
}

QByteArray signToken(const QJsonObject &claims, const QByteArray &secret)
{
    const QByteArray head = toBase64Url(R"({"alg":"HS256","typ":"JWT"})") + '.'
        + toBase64Url(QJsonDocument(claims).toJson(QJsonDocument::Compact));
    return head + '.' + toBase64Url(HmacSha256(secret).digest(head));
}

} // namespace presence::auth
