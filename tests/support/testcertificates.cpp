// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/testcertificates.h"

#include <QFile>
#include <QProcess>

namespace presence::test {

using namespace Qt::StringLiterals;

static void openssl(const QString &directory, const QString &arguments)
{
    QProcess process;
    process.setWorkingDirectory(directory);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(u"openssl"_s, arguments.split(u' '));
    if (!process.waitForFinished() || process.exitCode() != 0)
        qFatal("openssl %s: %s", qPrintable(arguments), process.readAll().constData());
}

static void makeSigned(const QString &directory, const QString &name)
{
    openssl(directory,
            u"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %1.key -out %1.csr "
            "-subj /CN=%1"_s.arg(name));
    openssl(directory,
            u"x509 -req -in %1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 "
            "-extfile names -out %1.crt"_s.arg(name));
}

TestCertificates::TestCertificates()
{
    QFile names(file(u"names"_s));
    if (!names.open(QIODevice::WriteOnly))
        qFatal("no directory for certificates");
    names.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    names.close();
    openssl(path(),
            u"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key "
            "-out ca.crt -days 3650 -subj /CN=authority"_s);
    makeSigned(path(), u"server"_s);
    makeSigned(path(), u"client"_s);
    // As MongoDB's drivers want it.
    QFile pem(file(u"client.pem"_s));
    if (!pem.open(QIODevice::WriteOnly))
        qFatal("no file for a certificate");
    for (const QString &part : {u"client.crt"_s, u"client.key"_s}) {
        QFile source(file(part));
        if (!source.open(QIODevice::ReadOnly) || pem.write(source.readAll()) <= 0)
            qFatal("no %s", qPrintable(part));
    }
}

const TestCertificates &TestCertificates::get()
{
    static const TestCertificates certificates;
    return certificates;
}

} // namespace presence::test
