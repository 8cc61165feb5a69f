// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/memorysocket.h"

#include <algorithm>

namespace presence::http {

MemorySocket::MemorySocket(QObject *parent) : QTcpSocket(parent)
{
    setOpenMode(ReadWrite | Unbuffered);
    setSocketState(ConnectedState);
}

void MemorySocket::feed(const QByteArray &bytes)
{
    m_input = bytes;
    m_read = 0;
    Q_EMIT readyRead();
}

qint64 MemorySocket::bytesAvailable() const
{
    // What was peeked at lies in the buffer of QIODevice.
    return m_input.size() - m_read + QIODevice::bytesAvailable();
}

void MemorySocket::disconnectFromHost()
{
    if (state() == UnconnectedState)
        return;
    setSocketState(UnconnectedState);
    Q_EMIT stateChanged(UnconnectedState);
    Q_EMIT disconnected();
}

void MemorySocket::close()
{
    setOpenMode(NotOpen);
    disconnectFromHost();
}

qint64 MemorySocket::readData(char *data, qint64 size)
{
    const qint64 count = std::min<qint64>(size, m_input.size() - m_read);
    std::copy_n(m_input.constData() + m_read, count, data);
    m_read += count;
    return count;
}

qint64 MemorySocket::writeData(const char *, qint64 size)
{
    return size;
}

} // namespace presence::http
