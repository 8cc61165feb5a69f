// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/dialer.h"

#include <algorithm>

namespace presence::redis {

using namespace Qt::StringLiterals;

HostLookup::Addresses Dialer::inOrder(const HostLookup::Addresses &addresses, size_t first)
{
    HostLookup::Addresses mine;
    HostLookup::Addresses others;
    for (const QHostAddress &address : addresses) {
        const bool isFirst = address.protocol() == addresses.front().protocol();
        (isFirst ? mine : others).push_back(address);
    }
    HostLookup::Addresses ordered;
    for (size_t i = 0; i < std::max(mine.size(), others.size()); ++i) {
        for (const auto *family : {&mine, &others}) {
            if (i < family->size() && std::ranges::find(ordered, (*family)[i]) == ordered.end())
                ordered.push_back((*family)[i]);
        }
    }
    std::ranges::rotate(ordered, ordered.begin() + static_cast<qsizetype>(first % ordered.size()));
    return ordered;
}

Dialer::Dialer(const QString &host, quint16 port, size_t first, MakeSocket makeSocket,
               Callback<Socket> done)
    : m_host(host), m_port(port), m_first(first), m_makeSocket(std::move(makeSocket)),
      m_done(std::move(done))
{
    m_next.setSingleShot(true);
    m_next.setInterval(kAttemptDelay);
    connect(&m_next, &QTimer::timeout, this, &Dialer::tryNext);
    if (const QHostAddress address(host); !address.isNull())
        begin(HostLookup::Addresses{address});
    else
        m_lookup = std::make_unique<HostLookup>(
            host, [this](const Result<HostLookup::Addresses> &addresses) { begin(addresses); });
}

void Dialer::begin(const Result<HostLookup::Addresses> &addresses)
{
    if (!addresses)
        return finish(Failure(addresses.error()));
    m_untried = inOrder(*addresses, m_first);
    tryNext();
}

// Signals are queued: a socket may fail inside of connectToHost(), and may be destroyed when heard.
void Dialer::tryNext()
{
    const QHostAddress address = m_untried.front();
    m_untried.erase(m_untried.begin());
    if (m_untried.empty())
        m_next.stop();
    else
        m_next.start();
    QTcpSocket *socket = m_attempts.emplace_back(m_makeSocket()).get();
    const auto connectQueued = [this, socket](auto signal, auto slot) {
        connect(
            socket, signal, this, [this, socket, slot] { (this->*slot)(socket); },
            Qt::QueuedConnection);
    };
    connectQueued(&QTcpSocket::connected, &Dialer::connected);
    connectQueued(&QTcpSocket::errorOccurred, &Dialer::failed);
    socket->connectToHost(address, m_port);
}

void Dialer::connected(const QTcpSocket *socket)
{
    const auto found = std::ranges::find(m_attempts, socket, &Socket::get);
    if (found == m_attempts.end())
        return;
    m_next.stop();
    Socket taken = std::move(*found);
    m_attempts.clear();
    taken->disconnect(this);
    finish(std::move(taken));
}

void Dialer::failed(const QTcpSocket *socket)
{
    const auto found = std::ranges::find(m_attempts, socket, &Socket::get);
    if (found == m_attempts.end())
        return;
    const QString why = socket->errorString();
    m_attempts.erase(found);
    if (!m_untried.empty())
        tryNext();
    else if (m_attempts.empty())
        finish(fail(ErrorCode::Unavailable, why));
}

void Dialer::finish(Result<Socket> result)
{
    if (const auto done = std::exchange(m_done, nullptr))
        done(std::move(result));
}

} // namespace presence::redis
