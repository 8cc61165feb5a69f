// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QHash>
#include <QProcessEnvironment>
#include <QStringList>

namespace presence::app {

/// What an operator has set: values of variables by their names, from the environment and from a
/// file, of which the environment goes first. A value. What the values mean is Config's.
class Settings
{
public:
    enum class Source : quint8 { Default, File, Environment };

    /// `path` is a YAML file, a mapping of names to values, or empty for none. An Error names a
    /// line or a variable: of the file a name that is not in `names`, twice the same, or a value
    /// that is no scalar; of the environment a name that is nearly one of `names`.
    static Result<Settings> read(const QProcessEnvironment &environment, const QString &path,
                                 const QStringList &names);

    /// Empty when nobody has set it, or to nothing.
    QString value(const QString &name) const;
    Source source(const QString &name) const;
    /// Somebody has set it to nothing.
    bool isEmptied(const QString &name) const
    {
        return (m_environment.contains(name) && m_environment.value(name).trimmed().isEmpty())
            || (m_file.contains(name) && m_file.value(name).trimmed().isEmpty());
    }

    bool isOfFile() const { return !m_file.isEmpty(); } ///< some are

    /// Variables of the environment that look like ours and mean nothing.
    const QStringList &unknown() const { return m_unknown; }

private:
    Result<void> readEnvironment(const QProcessEnvironment &environment, const QStringList &names);
    Result<void> readFile(const QString &path, const QStringList &names);

    QHash<QString, QString> m_environment;
    QHash<QString, QString> m_file;
    QStringList m_unknown;
};

} // namespace presence::app
