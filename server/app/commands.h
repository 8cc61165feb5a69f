// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/config.h"

namespace presence::app {

/// What `presenced config show` prints: YAML of all variables, each with where its value is from.
/// What is secret is masked.
QString describeSettings(const Settings &settings);

/// What `presenced config default` prints: a YAML file for --config that changes nothing.
QString describeDefaults();

/// Whether the certificate, the keys and the address of MongoDB that the configuration names can be
/// used; an Error names the variable.
Result<void> checkFiles(const Config &config);

/// What `presenced token` was asked for.
struct TokenRequest
{
    QString subject;
    QString scope; ///< empty for none: a user's token
    QString ttl; ///< such as 30s, 15m, 8h, 7d
    QStringList workspaces;
};

/// A token that a daemon of this configuration takes. Malformed for a request that is wrong,
/// Invalid where none can be made.
Result<QByteArray> makeToken(const Config &config, const TokenRequest &request);

} // namespace presence::app
