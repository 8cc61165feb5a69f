// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/jsonview.h"

/// Undefined for what is not JSON.
inline presence::protocol::JsonView parse(const QByteArray &json)
{
    using presence::protocol::JsonView;
    return JsonView::parse(json).value_or(JsonView());
}
