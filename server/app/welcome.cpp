// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/welcome.h"

#include "shared/core/logging.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonObject>
#include <QRandomGenerator>

#include <array>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace presence::app {

using namespace Qt::StringLiterals;

QByteArray makeSecret()
{
    std::array<quint32, auth::kMinSecret / sizeof(quint32)> random;
    QRandomGenerator::system()->fillRange(random.data(), random.size());
    return QByteArray(reinterpret_cast<const char *>(random.data()), sizeof(random)).toHex();
}

TokenFile::TokenFile(QString path, const QString &text) : m_path(std::move(path))
{
    constexpr mode_t kForUs = 0600;
    QDir().mkpath(QFileInfo(m_path).path());
    QFile::remove(m_path); // another's is not to be written into
    const int descriptor = ::open(QFile::encodeName(m_path).constData(),
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kForUs);
    QFile file;
    const bool isOpen
        = descriptor >= 0 && file.open(descriptor, QIODevice::WriteOnly, QFile::AutoCloseHandle);
    if (isOpen && file.write(text.toUtf8()) > 0 && file.flush())
        qCInfo(lcApp).noquote() << "No AUTH_JWT_SECRET is set: tokens for this run are in"
                                << m_path;
    else
        qCWarning(lcApp).noquote()
            << "No AUTH_JWT_SECRET is set, and the tokens for this run cannot be "
               "written to"
            << m_path;
}

TokenFile::~TokenFile()
{
    QFile::remove(m_path);
}

QString hostIn(const QHostAddress &address)
{
    const QString text = address.toString();
    return address.protocol() == QAbstractSocket::IPv6Protocol ? u'[' + text + u']' : text;
}

QString hostToTry(const QHostAddress &bind)
{
    if (bind == QHostAddress(QHostAddress::AnyIPv6))
        return u"[::1]"_s;
    if (bind == QHostAddress(QHostAddress::Any) || bind == QHostAddress(QHostAddress::AnyIPv4))
        return u"127.0.0.1"_s;
    return hostIn(bind);
}

QString welcomeText(const QByteArray &secret, const QString &host, quint16 port, bool isEncrypted)
{
    const qint64 tomorrow = QDateTime::currentSecsSinceEpoch() + 24 * 3600;
    const auto token = [&](QJsonObject claims) {
        claims["exp"_L1] = tomorrow;
        return QString::fromLatin1(auth::signToken(claims, secret));
    };
    const QString admin = token({{"sub"_L1, "admin"_L1}, {"scope"_L1, "admin"_L1}});
    const QString user = token({{"sub"_L1, "alice"_L1}});
    return uR"(
No AUTH_JWT_SECRET is set: these tokens are valid for a day, or until the daemon stops.

Admin token: %1

User token (alice): %2

Try REST:
  curl -H 'Authorization: Bearer %2' http%4://%5:%3/api/presence/users/alice

Try a WebSocket (npm install phoenix ws), in a file try.mjs:
  import { Socket } from "phoenix"
  import WebSocket from "ws"
  const socket = new Socket("ws%4://%5:%3/socket",
    { params: { token: "%2" }, transport: WebSocket })
  socket.connect()
  const channel = socket.channel("presence:alice", { device_id: "web:1", workspace_id: "acme" })
  channel.on("presence_state", state => console.log(state))
  channel.join().receive("ok", () => console.log("joined"))
)"_s.arg(admin, user)
        .arg(port)
        .arg(isEncrypted ? u"s"_s : QString(), host);
}

} // namespace presence::app
