// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/key.h"

#include "server/auth/base64url.h"

#include <QJsonArray>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>

namespace presence::auth {

using namespace Qt::StringLiterals;

/// RFC 7518, 3.3; and what a check of a signature may cost.
static constexpr int kMinRsaBits = 2048;
static constexpr int kMaxRsaBits = 8192;
static constexpr int kMaxExponentBits = 33;
static constexpr qsizetype kCoordinate = 32; ///< bytes, of P-256 and Ed25519

template <typename T, auto Free>
struct Freer
{
    void operator()(T *it) const { Free(it); }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freer<T, Free>>;

using Number = Owned<BIGNUM, BN_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Parameters = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using ParameterBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using PublicKey = std::shared_ptr<EVP_PKEY>;

/// What fails here is not to be found by whoever uses TLS on the thread next.
struct ErrorScope
{
    ErrorScope() { ERR_set_mark(); }
    ~ErrorScope() { ERR_pop_to_mark(); }
    Q_DISABLE_COPY_MOVE(ErrorScope)
};

namespace {

struct Name
{
    Algorithm algorithm;
    const char *text;
};
constexpr std::array kNames{Name{Algorithm::Hs256, "HS256"},     Name{Algorithm::Rs256, "RS256"},
                            Name{Algorithm::Ps256, "PS256"},     Name{Algorithm::Es256, "ES256"},
                            Name{Algorithm::Ed25519, "Ed25519"}, Name{Algorithm::Ed25519, "EdDSA"}};

} // namespace

std::optional<Algorithm> algorithmFromName(QStringView name)
{
    for (const Name &known : kNames) {
        if (name == QLatin1StringView(known.text))
            return known.algorithm;
    }
    return std::nullopt;
}

QByteArray toName(Algorithm algorithm)
{
    for (const Name &known : kNames) {
        if (known.algorithm == algorithm)
            return known.text;
    }
    return {};
}

static const unsigned char *toBytes(QByteArrayView text)
{
    return reinterpret_cast<const unsigned char *>(text.data());
}

static size_t sizeOf(QByteArrayView text)
{
    return static_cast<size_t>(text.size());
}

static QByteArray member(const QJsonObject &jwk, QLatin1StringView name)
{
    return fromBase64Url(jwk[name].toString().toLatin1()).value_or(QByteArray());
}

static Number toNumber(const QByteArray &bytes)
{
    return Number(BN_bin2bn(toBytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

static PublicKey makeKey(const char *type, OSSL_PARAM *parameters)
{
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY *key = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) != 1
        || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return {};
    return {key, &EVP_PKEY_free};
}

static Result<PublicKey> toRsa(const QJsonObject &jwk)
{
    const Number modulus = toNumber(member(jwk, "n"_L1));
    const Number exponent = toNumber(member(jwk, "e"_L1));
    const int bits = BN_num_bits(modulus.get());
    if (bits < kMinRsaBits || bits > kMaxRsaBits)
        return fail(ErrorCode::Invalid, u"an RSA key of %1 bits"_s.arg(bits));
    if (BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1
        || BN_num_bits(exponent.get()) > kMaxExponentBits)
        return fail(ErrorCode::Invalid, u"an RSA key with an exponent that is none"_s);
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    return makeKey("RSA", parameters.get());
}

static Result<PublicKey> toP256(const QJsonObject &jwk)
{
    const QByteArray x = member(jwk, "x"_L1);
    const QByteArray y = member(jwk, "y"_L1);
    if (x.size() != kCoordinate || y.size() != kCoordinate)
        return fail(ErrorCode::Invalid, u"a P-256 key without its coordinates"_s);
    const QByteArray point = '\x04' + x + y;
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.constData(),
                                     sizeOf(point));
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const PublicKey key = makeKey("EC", parameters.get());
    if (!key)
        return key;
    const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    return EVP_PKEY_public_check(check.get()) == 1 ? key : PublicKey();
}

static Result<PublicKey> toEd25519(const QJsonObject &jwk)
{
    const QByteArray x = member(jwk, "x"_L1);
    if (x.size() != kCoordinate)
        return fail(ErrorCode::Invalid, u"an Ed25519 key without its coordinate"_s);
    return PublicKey(
        EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, toBytes(x), sizeOf(x)),
        &EVP_PKEY_free);
}

/// What a key is for by its kind, where it does not say. An RSA key of Entra does not.
static std::optional<Algorithm> algorithmOf(const QJsonObject &jwk)
{
    const QString kind = jwk["kty"_L1].toString();
    const QString curve = jwk["crv"_L1].toString();
    if (kind == "oct"_L1)
        return Algorithm::Hs256;
    if (kind == "RSA"_L1)
        return jwk["alg"_L1].toString() == "PS256"_L1 ? Algorithm::Ps256 : Algorithm::Rs256;
    if (kind == "EC"_L1 && curve == "P-256"_L1)
        return Algorithm::Es256;
    if (kind == "OKP"_L1 && curve == "Ed25519"_L1)
        return Algorithm::Ed25519;
    return std::nullopt;
}

Key Key::fromSecret(const QByteArray &secret, const QByteArray &id)
{
    Key key(Algorithm::Hs256, id);
    key.m_secret.emplace(secret);
    return key;
}

static Result<PublicKey> toPublicKey(const QJsonObject &jwk, Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::Hs256:
        break;
    case Algorithm::Rs256:
    case Algorithm::Ps256:
        return toRsa(jwk);
    case Algorithm::Es256:
        return toP256(jwk);
    case Algorithm::Ed25519:
        return toEd25519(jwk);
    }
    return PublicKey();
}

Result<Key> Key::fromJwk(const QJsonObject &jwk, bool mayBeSecret)
{
    const ErrorScope errors;
    const auto isGiven
        = [](const QJsonValue &value) { return !value.isUndefined() && !value.isNull(); };
    const QJsonValue use = jwk["use"_L1];
    const QJsonValue operations = jwk["key_ops"_L1];
    if ((isGiven(use) && use.toString() != "sig"_L1)
        || (isGiven(operations) && !operations.toArray().contains("verify"_L1)))
        return fail(ErrorCode::Invalid, u"a key that is not for signatures"_s);
    const auto algorithm = algorithmOf(jwk);
    const QJsonValue named = jwk["alg"_L1];
    if (!algorithm || (isGiven(named) && algorithmFromName(named.toString()) != algorithm))
        return fail(ErrorCode::Invalid,
                    u"a key of a kind that is not accepted: %1 %2 %3"_s
                        .arg(jwk["kty"_L1].toString(), jwk["crv"_L1].toString(), named.toString())
                        .simplified());
    const QByteArray id = jwk["kid"_L1].toString().toUtf8();
    if (*algorithm == Algorithm::Hs256) {
        const QByteArray secret = member(jwk, "k"_L1);
        if (!mayBeSecret || secret.size() < kMinSecret)
            return fail(ErrorCode::Invalid,
                        mayBeSecret ? u"a secret of less than %1 bytes"_s.arg(kMinSecret)
                                    : u"a secret, which everybody may read"_s);
        return fromSecret(secret, id);
    }
    auto pkey = toPublicKey(jwk, *algorithm);
    if (!pkey)
        return Failure(pkey.error());
    if (!*pkey)
        return fail(ErrorCode::Invalid, u"a key that is none"_s);
    Key key(*algorithm, id);
    key.m_public = *std::move(pkey);
    return key;
}

/// Tokens have the two numbers side by side, OpenSSL reads them as DER.
static QByteArray toDer(const QByteArray &signature)
{
    if (signature.size() != 2 * kCoordinate)
        return {};
    const Owned<ECDSA_SIG, ECDSA_SIG_free> numbers(ECDSA_SIG_new());
    ECDSA_SIG_set0(numbers.get(), toNumber(signature.first(kCoordinate)).release(),
                   toNumber(signature.sliced(kCoordinate)).release());
    unsigned char *der = nullptr;
    const int size = i2d_ECDSA_SIG(numbers.get(), &der);
    const QByteArray result(reinterpret_cast<const char *>(der), std::max(size, 0));
    OPENSSL_free(der);
    return result;
}

bool Key::verify(QByteArrayView text, const QByteArray &signature) const
{
    if (m_secret) {
        const QByteArray expected = m_secret->digest(text);
        return signature.size() == expected.size()
            && CRYPTO_memcmp(signature.constData(), expected.constData(), sizeOf(expected)) == 0;
    }
    const ErrorScope errors;
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX *options = nullptr;
    const char *digest = m_algorithm == Algorithm::Ed25519 ? nullptr : "SHA256";
    if (EVP_DigestVerifyInit_ex(context.get(), &options, digest, nullptr, nullptr, m_public.get(),
                                nullptr)
        != 1)
        return false;
    if (m_algorithm == Algorithm::Ps256
        && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    const QByteArray bytes = m_algorithm == Algorithm::Es256 ? toDer(signature) : signature;
    return EVP_DigestVerify(context.get(), toBytes(bytes), sizeOf(bytes), toBytes(text),
                            sizeOf(text))
        == 1;
}

} // namespace presence::auth
