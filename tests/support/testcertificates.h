// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QTemporaryDir>

namespace presence::test {

/// An authority, a server for localhost and 127.0.0.1, and a client, made by openssl for this test
/// program: ca.crt, server.crt, server.key, client.crt, client.key.
class TestCertificates
{
public:
    /// Made once a program; qFatal() when openssl cannot.
    static const TestCertificates &get();

    QString path() const { return m_directory.path(); }
    QString file(const QString &name) const { return m_directory.filePath(name); }

private:
    TestCertificates();

    QTemporaryDir m_directory;
};

} // namespace presence::test
