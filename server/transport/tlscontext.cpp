// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/tlscontext.h"

#include <QFile>
#include <QFileInfo>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>

namespace presence::transport {

using namespace Qt::StringLiterals;

/// Of TLS 1.2; those of 1.3 are all good.
static constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// Its length, then the name.
static constexpr unsigned char kHttp11[] = "\x08http/1.1";

static QString lastError()
{
    const char *reason = ERR_reason_error_string(ERR_peek_error()); // what came of it is behind
    ERR_clear_error();
    return reason ? QString::fromLatin1(reason) : u"it cannot be used"_s;
}

/// Who offers protocols must offer HTTP/1.1; who offers none is taken to speak it.
static int chooseProtocol(SSL *, const unsigned char **chosen, unsigned char *size,
                          const unsigned char *offered, unsigned int offeredSize, void *)
{
    const int result = SSL_select_next_proto(const_cast<unsigned char **>(chosen), size, kHttp11,
                                             sizeof(kHttp11) - 1, offered, offeredSize);
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Nobody is there to be asked at a terminal.
static int noPassphrase(char *, int, int, void *)
{
    return -1;
}

static std::shared_ptr<SSL_CTX> makeContext()
{
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    if (!context)
        return context;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context.get(), kCiphers);
    SSL_CTX_set_options(context.get(),
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                            | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context.get(), &chooseProtocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context.get(), &noPassphrase);
    // Clients resume by tickets: nothing of them is kept here.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context.get(), 1);
    // A system call a read, not two a record.
    SSL_CTX_set_read_ahead(context.get(), 1);
    return context;
}

Result<void> TlsContext::load(const QString &certificate, const QString &key)
{
    for (const QString &path : {certificate, key}) {
        if (!QFileInfo(path).isReadable() || QFileInfo(path).isDir())
            return fail(ErrorCode::Invalid, u"%1 cannot be read"_s.arg(path));
    }
    ERR_clear_error();
    const std::shared_ptr<SSL_CTX> context = makeContext();
    if (!context
        || SSL_CTX_use_certificate_chain_file(context.get(),
                                              QFile::encodeName(certificate).constData())
            != 1)
        return fail(ErrorCode::Invalid, u"%1: %2"_s.arg(certificate, lastError()));
    if (SSL_CTX_use_PrivateKey_file(context.get(), QFile::encodeName(key).constData(),
                                    SSL_FILETYPE_PEM)
            != 1
        || SSL_CTX_check_private_key(context.get()) != 1)
        return fail(ErrorCode::Invalid, u"%1: %2"_s.arg(key, lastError()));
    const std::scoped_lock lock(m_mutex);
    m_context = context;
    return {};
}

qint64 TlsContext::notAfter() const
{
    const std::scoped_lock lock(m_mutex);
    tm time{};
    ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(m_context.get())), &time);
    return timegm(&time);
}

void TlsContext::Deleter::operator()(SSL *session) const
{
    SSL_free(session);
}

TlsContext::Session TlsContext::makeSession() const
{
    const std::scoped_lock lock(m_mutex);
    return Session(SSL_new(m_context.get()));
}

} // namespace presence::transport
