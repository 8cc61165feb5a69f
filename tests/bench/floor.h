// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/deliveries.h"
#include "tests/bench/observedprocess.h"

#include <QProcess>
#include <QSocketNotifier>

#include <memory>

namespace presence::bench {

/// A round of fan-out by a bare loop: what the same bytes to as many sockets cost when nothing
/// else is done. The loop runs in a process of its own, floorserver.cpp; this is its client.
class Floor
{
public:
    /// Starts the process and connects `receivers`, at least 1, who get frames of `frameSize`
    /// bytes. Blocks until they are. isReady() tells how that went.
    Floor(int receivers, int frameSize);
    ~Floor();

    bool isReady() const { return m_isReady; }
    qint64 processId() const { return m_server.processId(); }

    /// As Deliveries::run(): false when it came to a halt.
    bool run(Deliveries &deliveries);

    /// Has the process send one frame to everybody.
    void publish();

private:
    struct Receiver
    {
        int descriptor = -1;
        std::unique_ptr<QSocketNotifier> notifier;
        qint64 received = 0; ///< bytes in the present round
    };

    bool connectAll(quint16 port);
    void readable(Receiver &receiver);

    int m_frameSize;
    bool m_isReady = false;
    QProcess m_server;
    std::vector<Receiver> m_receivers;
    Deliveries *m_deliveries = nullptr;
};

/// The process: serves `receivers` sockets, says its port on standard output and then `ready`,
/// and sends a frame to each for every byte on standard input. Returns when that ends.
int runFloorServer(int receivers, int frameSize);

} // namespace presence::bench
