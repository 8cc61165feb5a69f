// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/dialer.h"
#include "server/redis/locator.h"
#include "server/redis/replyreader.h"
#include "shared/core/backoff.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <deque>
#include <memory>

class QIODevice;

namespace presence::redis {

/// One socket to one server, kept open for ever: finds it, connects, logs in, selects the database,
/// waits while the server loads its data, and begins again after a pause when the socket breaks.
///
/// Owned by a Connection, a subscription or a Query and used on its thread only. The reply handler
/// and the slots of its signals may destroy it. It never sends a command of its own once it is
/// ready, and knows nothing of which reply belongs to what.
class Link final : public QObject
{
    Q_OBJECT

public:
    using ReplyHandler = std::function<void(Reply)>;

    /// Whether outages are told to the operator.
    enum class Log : quint8 { Warnings, Nothing };

    /// Begins to connect. `onReply` gets every reply that comes while the link is ready.
    Link(std::unique_ptr<Locator> locator, ReplyHandler onReply, Log log = Log::Warnings);
    ~Link() override;

    bool isReady() const { return m_state == State::Ready; }

    /// Whether the server has closed its side. The event loop says so as well, but later: for
    /// whoever is about to write after a while.
    bool isClosedByServer() const;

    /// Hands whole commands to the kernel, in one system call when it takes them. Only when ready.
    void write(const QByteArray &commands);

    /// Gives the socket up because of `why`, a sentence for the log, and begins again.
    /// After `pause`, or one that grows from attempt to attempt.
    void drop(const QString &why, std::optional<std::chrono::milliseconds> pause = {});

    /// There are other credentials: the next attempt is now, if it was waited for.
    void hurry();

Q_SIGNALS:
    void ready();
    void lost(); ///< after ready(); what was written and not answered has an unknown outcome
    void failed(const QString &why); ///< an attempt, before ready(); the next one comes by itself

private:
    enum class State : quint8 { Waiting, Locating, Connecting, Handshake, Loading, Ready };
    enum class Step : quint8 { Auth, Select, Hello, Ping };

    void begin();
    void connectTo(const Endpoint &endpoint);
    void connectTcp();
    void useTcp(Dialer::Socket socket);
    void connectUnix();
    void handshake();
    void ping();
    void onTimer();
    void read();
    bool deliver(const QIODevice *from);
    void onHandshake(const Reply &reply);
    void becomeReady();
    void refused(Step step, const Reply &reply);
    QByteArray whatWasSaid(const Reply &reply) const;
    bool hello(const Reply &reply);
    void notMaster(const QByteArray &role);
    void waitForServer(const Reply &reply);
    void warnOnce(const QString &what);
    void closeSocket();

    std::unique_ptr<Locator> m_locator;
    Endpoint m_endpoint; ///< located last
    QString m_place; ///< for the log: whoever is asked or talked to
    Log m_log;
    ReplyHandler m_onReply;
    State m_state = State::Waiting;
    std::deque<Step> m_transitions; ///< of the handshake, not answered yet
    std::unique_ptr<Dialer> m_dialer;
    size_t m_firstAddress = 0; ///< of those of a name: one more after each that led nowhere
    std::unique_ptr<QIODevice> m_socket;
    std::unique_ptr<ReplyReader> m_reader;
    bool m_reading = false; ///< the socket is on the stack and must not be deleted
    Backoff m_backoff;
    Backoff m_logins; ///< after one that was refused: the server may count them, and lock us out
    QTimer m_timer; ///< deadline of an attempt, or the pause before the next
    QElapsedTimer m_sinceReady;
    QString m_lastWarning;
};

} // namespace presence::redis
