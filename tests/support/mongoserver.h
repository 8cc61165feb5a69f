// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QProcess>
#include <QTemporaryDir>

namespace presence::test {

/// A real server that speaks MongoDB's protocol: FerretDB on SQLite, as ferretdb.sh makes it, or
/// what the environment variable MONGO_SERVER names. On a free port of 127.0.0.1, with data that
/// outlives it.
class MongoServer
{
public:
    enum class Transport : quint8 { Plain, Tls }; ///< Tls: FerretDB alone
    explicit MongoServer(Transport transport = Transport::Plain) : m_transport(transport) { }
    ~MongoServer() { kill(); }

    /// False where it could not be made; in CI that is a failure.
    static bool isInstalled();

    [[nodiscard]] bool start();
    void kill(); ///< SIGKILL
    void freeze();
    void thaw();

    QString uri() const; ///< with short time-outs

private:
    const Transport m_transport;
    QTemporaryDir m_data;
    QProcess m_process;
    quint16 m_port = 0;
};

} // namespace presence::test
