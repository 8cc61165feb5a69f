// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <memory>

struct evp_mac_ctx_st;

namespace presence::auth {

/// HMAC with SHA-256 (RFC 2104) under one key, which is prepared once. Immutable: shared by all
/// threads.
class HmacSha256
{
public:
    explicit HmacSha256(const QByteArray &key);

    /// 32 bytes.
    QByteArray digest(QByteArrayView text) const;

private:
    std::shared_ptr<evp_mac_ctx_st> m_keyed;
};

} // namespace presence::auth
