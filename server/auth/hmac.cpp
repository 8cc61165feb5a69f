// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

namespace presence::auth {

static constexpr size_t kDigest = 32;

using Context = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

static EVP_MAC *algorithm()
{
    // Looked up once: each look-up costs as much as the hash itself.
    static const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
        EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), &EVP_MAC_free);
    return mac.get();
}

HmacSha256::HmacSha256(const QByteArray &key)
    : m_keyed(EVP_MAC_CTX_new(algorithm()), &EVP_MAC_CTX_free)
{
    char digest[] = "SHA256";
    const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(m_keyed.get(), reinterpret_cast<const unsigned char *>(key.constData()),
                     static_cast<size_t>(key.size()), parameters.data())
        != 1)
        qFatal("OpenSSL has no HMAC with SHA-256");
}

QByteArray HmacSha256::digest(QByteArrayView text) const
{
    const Context context(EVP_MAC_CTX_dup(m_keyed.get()), &EVP_MAC_CTX_free);
    QByteArray digest(kDigest, Qt::Uninitialized);
    size_t size = 0;
    EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char *>(text.data()),
                   static_cast<size_t>(text.size()));
    EVP_MAC_final(context.get(), reinterpret_cast<unsigned char *>(digest.data()), &size, kDigest);
    Q_ASSERT(size == kDigest);
    return digest;
}

} // namespace presence::auth
