// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <chrono>

namespace presence {

/// What went wrong, as the caller has to treat it.
enum class ErrorCode : quint8 {
    Malformed, ///< not what the protocol allows; the caller's bytes are wrong
    Invalid, ///< well formed, but a field has a value that is not allowed
    Unauthenticated, ///< no token, or one that is not valid
    Forbidden, ///< a valid token that does not allow this
    NotFound,
    RateLimited, ///< try again later
    Unavailable, ///< a server behind us is away; try again later
    Timeout, ///< no answer in time; whether it was done is unknown
    Internal, ///< our own fault
};

struct Error
{
    ErrorCode code = ErrorCode::Internal;
    QString detail; ///< one sentence for the caller; never a secret
    QString field; ///< the field at fault, for ErrorCode::Invalid
    QString limit; ///< which one was reached, for ErrorCode::RateLimited
    std::chrono::milliseconds retryAfter{0}; ///< when to try again; 0: it is not known

    /// Whether the same call may succeed later.
    bool isTransient() const
    {
        return code == ErrorCode::RateLimited || code == ErrorCode::Unavailable
            || code == ErrorCode::Timeout;
    }
};

} // namespace presence
