// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/memorysocket.h"

#include <algorithm>

namespace presence::http {

MemorySocket::MemorySocket(Sink sink, QObject *parent) : QTcpSocket(parent), m_sink(std::move(sink))
{
    setOpenMode(ReadWrite | Unbuffered);
    setSocketState(ConnectedState);
}

void MemorySocket::feed(const QByteArray &bytes)
{
    m_input.append(bytes);
    Q_EMIT readyRead();
}

qint64 MemorySocket::bytesAvailable() const
{
    // What was peeked at lies in the buffer of QIODevice.
    return m_input.size() + QIODevice::bytesAvailable();
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
    const qint64 count = std::min<qint64>(size, m_input.size());
    std::copy_n(m_input.constData(), count, data);
    m_input.remove(0, count);
    return count;
}

qint64 MemorySocket::writeData(const char *data, qint64 size)
{
    m_sink(QByteArrayView(data, size));
    return size;
}

} // namespace presence::http
