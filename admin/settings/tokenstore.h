// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QHash>
#include <QObject>

#include <functional>

namespace presence::dashboard {

/// The tokens of profiles, in the key store of the desktop. Where there is none they are kept until
/// the application ends, and never written to a file.
class TokenStore : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// `done` with the token, "" for none.
    void read(const QString &profile, const std::function<void(const QByteArray &)> &done);
    /// `done` with whether the key store has it: else it is gone when the application ends.
    void write(const QString &profile, const QByteArray &token,
               const std::function<void(bool isLasting)> &done);
    void remove(const QString &profile);

private:
    QHash<QString, QByteArray> m_tokens; ///< of this run
};

} // namespace presence::dashboard
