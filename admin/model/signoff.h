// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"
#include "shared/protocol/jsonview.h"

#include <QStringList>

#include <array>

/// When those may return that an operator disconnects.
namespace presence::dashboard {

/// For how long users may be held that are disconnected, and what that means.
inline constexpr std::array<std::chrono::seconds, 4> kHolds{
    std::chrono::seconds(0), std::chrono::minutes(5), std::chrono::hours(1),
    std::chrono::hours(24)};
QStringList holdTexts(); ///< of each

/// Until when tokens were issued that are refused, and until when those are that do not say it.
struct ReturnTimes
{
    Milliseconds issuedUntil{};
    Milliseconds unstatedUntil{};
};

/// By the answer to a command that disconnects; a daemon of before does not say.
std::optional<ReturnTimes> returnTimes(const protocol::JsonView &answer);
/// Whether it answers as a daemon does that can hold users, even where it cannot say until when.
bool knowsHold(const protocol::JsonView &answer);
QString returnText(const ReturnTimes &times);
/// Of many, each of which has times of its own; what is told is true of each.
class ReturnRange
{
public:
    void add(const ReturnTimes &times);
    QString text() const; ///< empty for none

private:
    std::optional<ReturnTimes> m_first; ///< the earlier of each time
    ReturnTimes m_last;
};

} // namespace presence::dashboard
