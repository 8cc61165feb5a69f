// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/plainclients.h"

#include <QProcess>

namespace presence::bench {

/// The same bytes through a bare loop: what they cost when nothing else is done. The loop runs in
/// a process of its own, floorserver.cpp.
class Floor
{
public:
    enum class Mode : quint8 {
        Echo, ///< a request is answered to who sent it
        Fanout, ///< to every client
    };

    /// Starts the process and connects `clients`. They send `request`, and get `answer`, a text
    /// of the daemon. Blocks until all are there; false from isReady() when that failed.
    Floor(Bench &bench, Mode mode, int clients, QByteArray request, const QByteArray &answer);
    ~Floor();

    bool isReady() const { return m_isReady; }
    PlainClients &clients() { return m_clients; }
    /// Sends the request.
    void ask(int client) { m_clients.send(client, m_request); }

    /// Processor time of the process so far, in us.
    double cost() const;

private:
    QByteArray m_request;
    bool m_isReady = false;
    QProcess m_server;
    PlainClients m_clients;
};

/// The process: `arguments` are the mode, the clients, the bytes of a request and the processor to
/// run on (-1: any); standard input is the answer, a whole frame. Says its port on standard
/// output. Returns when a client leaves.
int runFloorServer(const std::vector<const char *> &arguments);

} // namespace presence::bench
