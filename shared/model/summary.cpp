// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/model/summary.h"

#include <algorithm>

namespace presence {

static Span constant(double value)
{
    return {value, value, value};
}

Summary toSummary(const Figures &figures)
{
    const auto rate = [&](double Figures::*average, double Rates::*member) {
        const double value = figures.*average;
        const double least = figures.least ? (*figures.least).*member : value;
        return Span{std::min(least, value), value, std::max(figures.peak.*member, value)};
    };
    return {.time = figures.time,
            .users = constant(double(figures.users)),
            .devices = constant(double(figures.devices)),
            .connections = constant(double(figures.connections)),
            .typing = constant(double(figures.typing)),
            .channels = constant(double(figures.channels)),
            .joins = rate(&Figures::joins, &Rates::joins),
            .events = rate(&Figures::events, &Rates::events),
            .deliveries = rate(&Figures::deliveries, &Rates::deliveries),
            .messages = rate(&Figures::messages, &Rates::messages),
            .redisLatency = constant(double(figures.redisLatency.count()) / 1000)};
}

static Span merged(std::span<const Summary> parts, Span Summary::*member)
{
    Span span = parts.front().*member;
    span.average = 0;
    for (const Summary &part : parts) {
        span.least = std::min(span.least, (part.*member).least);
        span.most = std::max(span.most, (part.*member).most);
        span.average += (part.*member).average / double(parts.size());
    }
    return span;
}

Summary merged(std::span<const Summary> parts)
{
    Summary all{.time = parts.back().time};
    for (const auto &[name, member] : kSpans)
        all.*member = merged(parts, member);
    return all;
}

} // namespace presence
