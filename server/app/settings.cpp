// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/settings.h"

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>
#include <numeric>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace presence::app {

using namespace Qt::StringLiterals;

/// Of the file.
static constexpr qint64 kMostBytes = 1024 * 1024;
/// How many characters have to be changed, left out, added or swapped with the next one to make `b`
/// of `a` (Damerau and Levenshtein, optimal string alignment).
static qsizetype distance(const QString &a, const QString &b)
{
    const auto width = static_cast<size_t>(b.size()) + 1;
    std::vector<qsizetype> before(width);
    std::vector<qsizetype> last(width);
    std::vector<qsizetype> row(width);
    std::iota(last.begin(), last.end(), 0);
    for (qsizetype i = 0; i < a.size(); ++i) {
        row[0] = i + 1;
        for (qsizetype j = 0; j < b.size(); ++j) {
            const auto at = static_cast<size_t>(j) + 1;
            row[at]
                = std::min({last[at - 1] + (a[i] == b[j] ? 0 : 1), row[at - 1] + 1, last[at] + 1});
            if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
                row[at] = std::min(row[at], before[at - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last.back();
}

/// The one of `names` that is most like `name`, if it differs by so much at most.
static QString nearest(const QString &name, const QStringList &names, qsizetype most)
{
    QString best;
    for (const QString &known : names) {
        if (std::abs(known.size() - name.size()) > most)
            continue;
        if (const qsizetype found = distance(name, known); found <= most) {
            best = known;
            most = found - 1;
        }
    }
    return best;
}

/// Kubernetes gives each container the addresses of all Services of its namespace. One that is
/// named presence or redis has names like ours.
static bool isServiceLink(const QString &name, const QString &value)
{
    static const QRegularExpression form(
        u"^[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)$"_s);
    static const QRegularExpression address(u"^(tcp|udp|sctp)://"_s);
    return form.match(name).hasMatch()
        || (name.endsWith("_PORT"_L1) && address.match(value).hasMatch());
}

static bool looksLikeOurs(const QString &name)
{
    static const QStringList prefixes{u"PRESENCE_"_s, u"REDIS_"_s,  u"AUTH_"_s,   u"LIMIT_"_s,
                                      u"MONGODB_"_s,  u"STREAM_"_s, u"METRICS_"_s};
    return std::ranges::any_of(prefixes,
                               [&](const QString &each) { return name.startsWith(each); });
}

static Failure wrong(const QString &what)
{
    return fail(ErrorCode::Invalid, what);
}

Result<void> Settings::readEnvironment(const QProcessEnvironment &environment,
                                       const QStringList &names)
{
    for (const QString &name : environment.keys()) {
        const QString value = environment.value(name);
        if (isServiceLink(name, value))
            continue;
        if (names.contains(name)) {
            m_environment.insert(name, value);
            continue;
        }
        // Of packaging/docker, for Compose itself.
        static const QStringList others{u"PRESENCE_PORTS"_s};
        const QString meant = others.contains(name) ? QString() : nearest(name, names, 1);
        if (!meant.isEmpty() && !environment.contains(meant))
            return wrong(u"%1 is no variable of presenced: %2 was meant?"_s.arg(name, meant));
        if (looksLikeOurs(name))
            m_unknown.append(name);
    }
    return {};
}

/// Several values are separated by commas, as a variable has them.
static Result<QString> toText(const YAML::Node &node)
{
    if (node.IsScalar())
        return QString::fromStdString(node.Scalar());
    if (!node.IsSequence())
        return wrong(u"must be a value, or a list of values"_s);
    QStringList parts;
    for (const YAML::Node &each : node) {
        if (!each.IsScalar())
            return wrong(u"must be a list of values"_s);
        parts.append(QString::fromStdString(each.Scalar()));
    }
    return parts.join(u',');
}

Result<void> Settings::readFile(const QString &path, const QStringList &names)
{
    // What can be read once only is none, which is read again.
    if (QFileInfo(path).exists() && !QFileInfo(path).isFile())
        return wrong(u"%1 is no regular file"_s.arg(path));
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return wrong(u"%1 cannot be read: %2"_s.arg(path, file.errorString()));
    const QByteArray bytes = file.read(kMostBytes + 1);
    if (bytes.size() > kMostBytes)
        return wrong(u"%1 is larger than 1 MiB"_s.arg(path));
    const auto at = [&path](const YAML::Mark &mark, const QString &what) {
        return wrong(u"%1:%2: %3"_s.arg(path).arg(mark.line + 1).arg(what));
    };
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(bytes.toStdString());
        if (documents.size() > 1)
            return at(documents[1].Mark(), u"there is a second document, behind ---"_s);
        if (documents.empty() || documents[0].IsNull())
            return {};
        const YAML::Node &root = documents[0];
        if (!root.IsMap())
            return at(root.Mark(), u"must be a mapping: a line NAME: value for each variable"_s);
        QSet<QString> seen;
        for (const auto &entry : root) {
            const YAML::Mark mark = entry.first.Mark();
            const QString name
                = entry.first.IsScalar() ? QString::fromStdString(entry.first.Scalar()) : QString();
            if (!names.contains(name)) {
                // It may be a part of a secret that was not quoted.
                static const QRegularExpression form(u"^[A-Za-z0-9_]{1,64}$"_s);
                if (!form.match(name).hasMatch())
                    return at(mark, u"must be NAME: value"_s);
                const QString meant
                    = nearest(name.toUpper(), names, std::max<qsizetype>(3, name.size() / 3));
                return at(mark,
                          meant.isEmpty() ? u"this is no variable of presenced"_s
                                          : u"%1 is no variable of presenced: %2 was meant?"_s.arg(
                                              name, meant));
            }
            if (seen.contains(name))
                return at(mark, u"%1 is set twice"_s.arg(name));
            seen.insert(name);
            if (entry.second.IsNull())
                continue;
            const auto text = toText(entry.second);
            if (!text)
                return at(mark, u"%1 %2"_s.arg(name, text.error().detail));
            m_file.insert(name, *text);
        }
    } catch (const YAML::Exception &error) {
        return at(error.mark, QString::fromStdString(error.msg));
    }
    return {};
}

Result<Settings> Settings::read(const QProcessEnvironment &environment, const QString &path,
                                const QStringList &names)
{
    Settings settings;
    auto done = settings.readEnvironment(environment, names);
    if (done && !path.isEmpty())
        done = settings.readFile(path, names);
    if (!done)
        return Failure(done.error());
    return settings;
}

QString Settings::value(const QString &name) const
{
    const QString given = m_environment.value(name);
    return given.isEmpty() ? m_file.value(name) : given;
}

Settings::Source Settings::source(const QString &name) const
{
    if (!m_environment.value(name).isEmpty())
        return Source::Environment;
    return m_file.value(name).isEmpty() ? Source::Default : Source::File;
}

} // namespace presence::app
