// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/configvariable.h"

namespace presence::app {

using namespace Qt::StringLiterals;

static Result<void> setSecret(Config &config, const QString &text)
{
    config.jwt.secret = text.toUtf8();
    if (config.jwt.secret.size() < auth::kMinSecret)
        return wrong(u"must have at least %1 bytes"_s.arg(auth::kMinSecret));
    return {};
}

static Result<void> setKeyUrl(Config &config, const QString &text)
{
    config.keySource.url = QUrl(text, QUrl::StrictMode);
    return auth::checkKeyUrl(config.keySource.url);
}

/// workspace: tokens with workspaces see nobody else.
static Result<void> setIsolation(Config &config, const QString &text)
{
    if (text != "none"_L1 && text != "workspace"_L1)
        return wrong(u"must be none or workspace"_s);
    config.jwt.isolates = config.presence.isolates = text == "workspace"_L1;
    return {};
}

QList<Variable> authVariables()
{
    return {
        {"AUTH_JWT_SECRET"_L1,
         {},
         u"secret of HS256 tokens, 32 bytes or more. Without it, AUTH_JWKS_URL and AUTH_JWKS_FILE one is made"_s,
         setSecret},
        {"AUTH_JWKS_URL"_L1,
         {},
         u"https URL of the public keys that tokens are signed with, a JWKS: RS256, PS256, ES256, Ed25519"_s,
         setKeyUrl},
        {"AUTH_JWKS_FILE"_L1,
         {},
         u"file with such keys, which may also have secrets of HS256 (kty oct)"_s,
         text([](Config &c, const QString &v) { c.keySource.file = v; })},
        {"AUTH_JWKS_CA"_L1,
         {},
         u"PEM file of the authorities that AUTH_JWKS_URL may be certified by; empty for the system's"_s,
         text([](Config &c, const QString &v) { c.keySource.authorities = v; })},
        {"AUTH_JWKS_REFRESH"_L1, u"300"_s,
         u"seconds between two looks for new keys, 10-86400; a token with an unknown key has them looked for at once"_s,
         whole(10, 86'400,
               [](Config &c, qint64 v) { c.keySource.refresh = std::chrono::seconds(v); })},
        {"AUTH_JWT_ISSUER"_L1,
         {},
         u"the iss that tokens must have; empty for any"_s,
         text([](Config &c, const QString &v) { c.jwt.issuer = v; })},
        {"AUTH_JWT_AUDIENCE"_L1,
         {},
         u"the aud that tokens must have; empty for any"_s,
         text([](Config &c, const QString &v) { c.jwt.audience = v; })},
        {"AUTH_REQUIRE_EXP"_L1, u"false"_s,
         u"whether tokens without exp are refused, true or false"_s,
         flag([](Config &c, bool v) { c.jwt.requiresExpiry = v; })},
        {"PRESENCE_ISOLATION"_L1, u"none"_s,
         u"none or workspace: whether tokens with workspaces see only who is shown in those"_s,
         setIsolation},
    };
}

} // namespace presence::app
