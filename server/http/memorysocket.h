// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QTcpSocket>

namespace presence::http {

/// A connected QTcpSocket without a network: for Qt's HTTP server, which insists on one.
///
/// Bytes given to feed() are what it reads; what it writes goes nowhere. Used on one thread.
class MemorySocket final : public QTcpSocket
{
public:
    explicit MemorySocket(QObject *parent = nullptr);

    /// Makes `bytes` readable and emits readyRead().
    void feed(const QByteArray &bytes);

    qint64 bytesAvailable() const override;
    void disconnectFromHost() override;
    void close() override;

protected:
    qint64 readData(char *data, qint64 size) override;
    qint64 writeData(const char *data, qint64 size) override;

private:
    QByteArray m_input;
    qsizetype m_read = 0; ///< of m_input
};

} // namespace presence::http
