// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QTcpSocket>

#include <functional>

namespace presence::http {

/// A connected QTcpSocket without a network: for Qt classes that insist on one.
///
/// Bytes given to feed() are what the class reads; what it writes goes to the sink at once. Used on
/// one thread. Whoever makes it owns it.
class MemorySocket final : public QTcpSocket
{
public:
    using Sink = std::function<void(QByteArrayView written)>;

    explicit MemorySocket(Sink sink, QObject *parent = nullptr);

    /// Makes `bytes` readable and emits readyRead().
    void feed(const QByteArray &bytes);
    /// Forgets what was fed and not read.
    void discardInput() { m_input = {}; }

    void setPeer(const QHostAddress &peer) { setPeerAddress(peer); }

    qint64 bytesAvailable() const override;
    qint64 bytesToWrite() const override { return 0; }
    bool isSequential() const override { return true; }
    void disconnectFromHost() override;
    void close() override;

protected:
    qint64 readData(char *data, qint64 size) override;
    qint64 writeData(const char *data, qint64 size) override;

private:
    Sink m_sink;
    QByteArray m_input;
};

} // namespace presence::http
