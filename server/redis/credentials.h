// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QSslConfiguration>

#include <mutex>
#include <optional>

namespace presence::redis {

/// Who we are to a server. A value.
struct Credentials
{
    QByteArray username; ///< an ACL user; empty for the default user
    QByteArray password; ///< empty: do not authenticate
    /// Set: TLS. The server's certificate has to be signed by one of the authorities in it, and
    /// has to be the host's.
    std::optional<QSslConfiguration> tls;
};

/// Those that hold now: an operator may replace them while the daemon runs. For all threads.
class CredentialStore
{
public:
    explicit CredentialStore(Credentials credentials) : m_current(std::move(credentials)) { }

    Credentials current() const
    {
        const std::scoped_lock lock(m_mutex);
        return m_current;
    }
    void replace(Credentials credentials)
    {
        const std::scoped_lock lock(m_mutex);
        m_current = std::move(credentials);
    }

private:
    mutable std::mutex m_mutex;
    Credentials m_current;
};

} // namespace presence::redis
