// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/commands.h"

#include "server/archive/mongo.h"
#include "server/transport/tlscontext.h"
#include "shared/core/strongid.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace presence::app {

using namespace Qt::StringLiterals;

/// As YAML reads it back: what JSON is, it is.
static QString quoted(const QString &value)
{
    static const QRegularExpression plain(u"^[A-Za-z0-9/][A-Za-z0-9_./-]*$"_s);
    if (plain.match(value).hasMatch() && value.compare("null"_L1, Qt::CaseInsensitive) != 0)
        return value;
    const QByteArray list = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(list.mid(1, list.size() - 2));
}

static QString sourceName(Settings::Source source)
{
    switch (source) {
    case Settings::Source::Environment:
        return u"environment"_s;
    case Settings::Source::File:
        return u"file"_s;
    case Settings::Source::Default:
        break;
    }
    return u"default"_s;
}

QString describeSettings(const Settings &settings)
{
    QString text;
    for (const auto &variable : Config::variables()) {
        QString value = settings.value(variable.name);
        if (!value.isEmpty() && variable.isSecret)
            value = u"***"_s;
        if (value.isEmpty())
            value = variable.defaultValue;
        text += u"%1: %2 # %3\n"_s.arg(variable.name, value.isEmpty() ? u"~"_s : quoted(value),
                                       sourceName(settings.source(variable.name)));
    }
    return text;
}

QString describeDefaults()
{
    QString text
        = u"# Of presenced %1. A variable of the environment goes before what is here.\n"_s.arg(
            QStringLiteral(PRESENCE_VERSION));
    for (const auto &variable : Config::variables())
        text += u"\n# %1\n#%2: %3\n"_s.arg(
            variable.meaning, variable.name,
            variable.defaultValue.isEmpty() ? u"~"_s : quoted(variable.defaultValue));
    return text;
}

Result<void> checkFiles(const Config &config)
{
    const auto named = [](const QString &variable, const Error &error) {
        return fail(ErrorCode::Invalid, u"%1: %2"_s.arg(variable, error.detail));
    };
    transport::TlsContext tls;
    if (!config.tlsCertificate.isEmpty()) {
        if (const auto loaded = tls.load(config.tlsCertificate, config.tlsKey); !loaded)
            return named(u"TLS_CERT, TLS_KEY"_s, loaded.error());
    }
    if (!config.keySource.file.isEmpty()) {
        if (const auto keys = auth::KeySource::read(config.keySource.file); !keys)
            return named(u"AUTH_JWKS_FILE=%1"_s.arg(config.keySource.file), keys.error());
    }
    if (!config.archive.mongo.uri.isEmpty()) {
        if (const auto made = archive::Mongo::make(config.archive.mongo); !made)
            return named(u"MONGODB_URI"_s, made.error());
    }
    return {};
}

/// Such as 30s, 15m, 8h, 7d.
static Result<qint64> toSeconds(const QString &text)
{
    constexpr qint64 kMost = 366 * 24 * 3600LL;
    static const QRegularExpression form(u"^([0-9]{1,9})([smhd])$"_s);
    static const QHash<QString, qint64> units{
        {u"s"_s, 1}, {u"m"_s, 60}, {u"h"_s, 3600}, {u"d"_s, 24 * 3600}};
    const auto found = form.match(text);
    const qint64 seconds
        = found.hasMatch() ? found.captured(1).toLongLong() * units[found.captured(2)] : 0;
    if (seconds < 1 || seconds > kMost)
        return fail(
            ErrorCode::Malformed,
            u"--ttl %1: must be a time such as 30s, 15m, 8h or 7d, 366d at most"_s.arg(text));
    return seconds;
}

Result<QByteArray> makeToken(const Config &config, const TokenRequest &request)
{
    if (config.jwt.secret.isEmpty())
        return fail(ErrorCode::Invalid,
                    u"there is no AUTH_JWT_SECRET here to sign with; who has the keys of "
                    "AUTH_JWKS_URL makes the tokens"_s);
    if (!isValidId(request.subject.toUtf8()))
        return fail(ErrorCode::Malformed, u"--sub %1: is no id of a user"_s.arg(request.subject));
    static const QStringList scopes{{}, u"admin"_s, u"admin:read"_s, u"service"_s};
    if (!scopes.contains(request.scope))
        return fail(ErrorCode::Malformed,
                    u"--scope %1: must be admin, admin:read or service"_s.arg(request.scope));
    const auto ttl = toSeconds(request.ttl);
    if (!ttl)
        return Failure(ttl.error());
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    QJsonObject claims{{"sub"_L1, request.subject}, {"iat"_L1, now}, {"exp"_L1, now + *ttl}};
    if (!request.scope.isEmpty())
        claims["scope"_L1] = request.scope;
    if (!request.workspaces.isEmpty())
        claims["workspaces"_L1] = QJsonArray::fromStringList(request.workspaces);
    if (!config.jwt.issuer.isEmpty())
        claims["iss"_L1] = config.jwt.issuer;
    if (!config.jwt.audience.isEmpty())
        claims["aud"_L1] = config.jwt.audience;
    return auth::signToken(claims, config.jwt.secret);
}

} // namespace presence::app
