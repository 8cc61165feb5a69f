// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/error.h"

#include <functional>
#include <tl/expected.hpp>

namespace presence {

/// A value, or the Error that stood in its way. Nothing throws across our code.
template <typename T>
using Result = tl::expected<T, Error>;

/// What an asynchronous call ends with. Called exactly once, on the thread that made the call.
template <typename T>
using Callback = std::function<void(Result<T>)>;

using Failure = tl::unexpected<Error>;

inline Failure fail(ErrorCode code, QString detail, QString field = {})
{
    return Failure(Error{code, std::move(detail), std::move(field)});
}

} // namespace presence
