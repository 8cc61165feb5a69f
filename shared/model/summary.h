// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <array>
#include <span>

namespace presence {

/// What a figure was in some time.
struct Span
{
    double least = 0;
    double average = 0;
    double most = 0;
    friend bool operator==(const Span &, const Span &) = default;
};

/// The figures of the cluster in some time; units are those of Figures.
struct Summary
{
    Milliseconds time{}; ///< the end of it
    Span users, devices, connections, typing, channels, joins, events, deliveries, messages;
    Span redisLatency; ///< ms
    friend bool operator==(const Summary &, const Summary &) = default;
};

/// All spans of a summary, by the names that they have on the wire.
struct SpanName
{
    const char *name;
    Span Summary::*span;
};
inline constexpr std::array kSpans{SpanName{"users", &Summary::users},
                                   SpanName{"devices", &Summary::devices},
                                   SpanName{"connections", &Summary::connections},
                                   SpanName{"typing", &Summary::typing},
                                   SpanName{"channels", &Summary::channels},
                                   SpanName{"joins", &Summary::joins},
                                   SpanName{"events", &Summary::events},
                                   SpanName{"deliveries", &Summary::deliveries},
                                   SpanName{"messages", &Summary::messages},
                                   SpanName{"redis_latency_ms", &Summary::redisLatency}};

/// Of what was recorded: rates with their least and peak, counts as they were.
Summary toSummary(const Figures &figures);

/// Of several, which count alike; the time is that of the last. `parts` is not empty.
Summary merged(std::span<const Summary> parts);

} // namespace presence
