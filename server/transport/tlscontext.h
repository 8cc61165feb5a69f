// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QString>

#include <memory>
#include <mutex>

struct ssl_ctx_st;
struct ssl_st;

namespace presence::transport {

/// The certificate that a server shows, and how it speaks TLS: 1.2 and 1.3, HTTP/1.1 by ALPN. Safe
/// for all threads.
class TlsContext
{
public:
    TlsContext() = default;
    Q_DISABLE_COPY_MOVE(TlsContext)

    /// Reads PEM files: the certificate with those that certify it, and its key, without a
    /// passphrase. Connections from now on use it; an Error says why it cannot be used, and all is
    /// as it was.
    Result<void> load(const QString &certificate, const QString &key);

    /// When the certificate ends, in seconds since 1970. After load().
    qint64 notAfter() const;

    struct Deleter
    {
        void operator()(ssl_st *session) const;
    };
    using Session = std::unique_ptr<ssl_st, Deleter>;
    /// For one connection; null when there is no memory. After load().
    Session makeSession() const;

private:
    mutable std::mutex m_mutex;
    std::shared_ptr<ssl_ctx_st> m_context; ///< null before load()
};

} // namespace presence::transport
