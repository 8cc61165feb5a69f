// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/mongoserver.h"

#include "tests/support/testcertificates.h"

#include <QFileInfo>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <csignal>

namespace presence::test {

using namespace Qt::StringLiterals;

static constexpr int kPatience = 20'000; // ms

static QString program()
{
    return qEnvironmentVariable("MONGO_SERVER", QStringLiteral(FERRETDB_PROGRAM));
}

bool MongoServer::isInstalled()
{
    return QFileInfo::exists(program());
}

bool MongoServer::start()
{
    if (m_port == 0) {
        QTcpServer probe;
        if (!probe.listen(QHostAddress::LocalHost))
            return false;
        m_port = probe.serverPort();
    }
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process.setStandardOutputFile(QProcess::nullDevice());
    QStringList arguments{u"127.0.0.1:%1"_s.arg(m_port), m_data.path()};
    if (m_transport == Transport::Tls)
        arguments.append(TestCertificates::get().path());
    m_process.start(program(), arguments);
    return QTest::qWaitFor(
        [this] {
            QTcpSocket socket;
            socket.connectToHost(QHostAddress::LocalHost, m_port);
            return socket.waitForConnected(100);
        },
        kPatience);
}

void MongoServer::kill()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished();
}

void MongoServer::freeze()
{
    ::kill(pid_t(m_process.processId()), SIGSTOP);
}

void MongoServer::thaw()
{
    ::kill(pid_t(m_process.processId()), SIGCONT);
}

QString MongoServer::uri() const
{
    const QString uri
        = u"mongodb://127.0.0.1:%1/presence?socketTimeoutMS=2000&serverSelectionTimeoutMS=500"_s
              .arg(m_port);
    if (m_transport == Transport::Plain)
        return uri;
    return uri + u"&tls=true&tlsCAFile="_s + TestCertificates::get().file(u"ca.crt"_s)
        + u"&tlsCertificateKeyFile="_s + TestCertificates::get().file(u"client.pem"_s);
}

} // namespace presence::test
