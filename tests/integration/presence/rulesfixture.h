// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/regularheartbeat.h"
#include "tests/integration/presence/trackerfixture.h"

namespace presence::test {

/// What the rules and the regular heartbeat do to kUser, and what is stored of it then.
struct RulesFixture : TrackerFixture
{
    using TrackerFixture::TrackerFixture;
    using Beat = std::optional<rules::RegularHeartbeat::Beat>;

    void play(const QByteArray &story);
    void makeOlder(const QByteArrayList &sessions);
    Result<Beat> beat(const QByteArrayList &sessions, bool asksNextCheck);
    QByteArray stored(const QByteArray &user);
    Result<redis::Reply> call(const redis::Script &script, std::vector<QByteArray> ofKeys,
                              std::vector<QByteArray> arguments);
};

} // namespace presence::test
