// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/config.h"

namespace presence::app {

/// Makes a secret for a configuration that has none.
QByteArray makeSecret();

/// An address as it is in a URL.
QString hostIn(const QHostAddress &address);

/// Where a client on this machine reaches what is bound so, as it is in a URL.
QString hostToTry(const QHostAddress &bind);

/// What an operator who has configured nothing needs to try it: tokens signed with `secret`, and
/// lines to paste.
QString welcomeText(const QByteArray &secret, const QString &host, quint16 port, bool isEncrypted);

/// Where there is no terminal: the text in a file for this user alone, whose name is logged. It is
/// gone with the tokens, when the daemon ends.
class TokenFile
{
public:
    TokenFile(QString path, const QString &text);
    ~TokenFile();
    Q_DISABLE_COPY_MOVE(TokenFile)

private:
    const QString m_path;
};

} // namespace presence::app
