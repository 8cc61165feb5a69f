// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/disconnect.h"

namespace presence::protocol {

using namespace Qt::StringLiterals;

bool mayReconnect(CloseCode code)
{
    const auto value = static_cast<quint16>(code);
    if (value >= 4000)
        return value >= 4500;
    switch (code) {
    case CloseCode::Normal:
    case CloseCode::GoingAway:
    case CloseCode::NoStatus:
    case CloseCode::Abnormal:
    case CloseCode::InternalError:
        return true;
    default:
        return false;
    }
}

bool isValidOnTheWire(quint16 code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
}

QLatin1StringView reasonFor(CloseCode code)
{
    switch (code) {
    case CloseCode::Normal:
        return ""_L1;
    case CloseCode::GoingAway:
        return "going away"_L1;
    case CloseCode::ProtocolError:
        return "protocol error"_L1;
    case CloseCode::UnsupportedData:
        return "unsupported data"_L1;
    case CloseCode::NoStatus:
        return ""_L1;
    case CloseCode::Abnormal:
        return ""_L1;
    case CloseCode::InvalidPayload:
        return "invalid UTF-8"_L1;
    case CloseCode::PolicyViolation:
        return "policy violation"_L1;
    case CloseCode::MessageTooBig:
        return "message too big"_L1;
    case CloseCode::InternalError:
        return "internal error"_L1;
    case CloseCode::TokenExpired:
        return "token expired"_L1;
    case CloseCode::SignedOff:
        return "signed off"_L1;
    case CloseCode::SlowConsumer:
        return "slow consumer"_L1;
    case CloseCode::TooManyMessages:
        return "too many messages"_L1;
    case CloseCode::Draining:
        return "draining"_L1;
    case CloseCode::Unavailable:
        return "unavailable"_L1;
    }
    return ""_L1;
}

} // namespace presence::protocol
