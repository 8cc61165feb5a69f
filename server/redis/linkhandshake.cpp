// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Link: what is said between a connection and the first command.
#include "server/redis/command.h"
#include "server/redis/link.h"
#include "shared/core/logging.h"

#include <QIODevice>
#include <QRandomGenerator>
#include <QVersionNumber>

namespace presence::redis {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto kLoadingPause = 50ms;
/// To ask who the master is now; up to twice as long.
static constexpr auto kNotMasterPause = 200ms;
/// The first with sharded Pub/Sub.
static const QVersionNumber kOldestVersion(7, 0);

// The whole handshake leaves in one write. PING is last because it is the one that a server refuses
// while it loads its data, and while nobody has logged in.
void Link::handshake()
{
    QByteArray out;
    m_transitions.clear();
    if (!m_endpoint.password.isEmpty() || !m_endpoint.username.isEmpty()) {
        Command auth{"AUTH"_ba};
        if (!m_endpoint.username.isEmpty())
            auth.add(m_endpoint.username);
        auth.add(m_endpoint.password).appendTo(out);
        m_transitions.push_back(Step::Auth);
    }
    if (m_endpoint.database != 0) {
        Command{"SELECT"_ba, QByteArray::number(m_endpoint.database)}.appendTo(out);
        m_transitions.push_back(Step::Select);
    }
    if (!m_endpoint.isSentinel) {
        Command{"HELLO"_ba}.appendTo(out);
        m_transitions.push_back(Step::Hello);
    }
    m_socket->write(out);
    ping();
}

void Link::ping()
{
    m_state = State::Handshake;
    m_transitions.push_back(Step::Ping);
    m_timer.start(m_endpoint.connectTimeout);
    QByteArray out;
    Command{"PING"_ba}.appendTo(out);
    write(out);
}

/// What a server says that is to be left alone for a while.
static bool isNotReady(const Reply &reply)
{
    return reply.isError("LOADING") || reply.isError("BUSY") || reply.isError("MASTERDOWN");
}

/// What a server says to a PING that serves reads, but no writes.
static bool isDegraded(const Reply &reply)
{
    return reply.isError("MISCONF");
}

static QString tooOld(const QByteArray &version)
{
    return u"is version %1, and %2 or later is needed"_s.arg(QString::fromUtf8(version),
                                                             kOldestVersion.toString());
}

void Link::onHandshake(const Reply &reply)
{
    if (m_transitions.empty()) {
        drop(u"a reply that nobody asked for"_s);
        return;
    }
    const Step step = m_transitions.front();
    m_transitions.pop_front();
    if (isNotReady(reply)) {
        waitForServer(reply);
    } else if (reply.isError() && !(step == Step::Ping && isDegraded(reply))) {
        refused(step, reply);
    } else if (step == Step::Hello && !hello(reply)) {
        // It was dropped.
    } else if (m_transitions.empty()) {
        becomeReady();
    }
}

/// Whether the server says that it is one that can be used.
bool Link::hello(const Reply &reply)
{
    const auto fields = reply.toHash();
    const QByteArray version = fields.value("version"_ba);
    if (QVersionNumber::fromString(QLatin1StringView(version)) < kOldestVersion) {
        m_backoff.exhaust();
        drop(version.isEmpty() ? u"does not say its version"_s : tooOld(version));
        return false;
    }
    const QByteArray role = fields.value("role"_ba);
    if (m_endpoint.mustBeMaster && role != "master") {
        notMaster(role);
        return false;
    }
    return true;
}

void Link::becomeReady()
{
    m_state = State::Ready;
    m_timer.stop();
    m_sinceReady.start();
    m_logins.reset();
    m_lastWarning.clear();
    qCDebug(lcRedis).noquote() << "connected to" << m_place;
    Q_EMIT ready();
}

/// The rest of the handshake is answered alike, or is not enough: it begins anew after a pause.
void Link::waitForServer(const Reply &reply)
{
    warnOnce(QString::fromUtf8(reply.bytes()));
    if (m_transitions.empty()) {
        m_state = State::Loading;
        m_timer.start(kLoadingPause);
    } else {
        drop(QString::fromUtf8(reply.bytes()), kNotMasterPause);
    }
}

/// One line of it, without what we have said ourselves, which some servers repeat.
QByteArray Link::whatWasSaid(const Reply &reply) const
{
    constexpr qsizetype kMost = 200;
    QByteArray said = reply.bytes().split('\r').first();
    for (const QByteArray &secret : {m_endpoint.password, m_endpoint.username}) {
        if (!secret.isEmpty() && said.contains(secret))
            said.truncate(said.indexOf(' '));
    }
    return said.left(kMost);
}

void Link::refused(Step step, const Reply &reply)
{
    // Nothing gets better until an operator acts.
    m_backoff.exhaust();
    const QByteArray said = whatWasSaid(reply);
    // Said to whoever connects, before it is known who that is.
    const bool isOfAnybody
        = reply.isError("DENIED") || said.startsWith("ERR max number of clients");
    if (step == Step::Auth && said.contains("without any password"))
        return drop(u"has no password, and one is configured (check REDIS_PASSWORD): "_s
                        + QString::fromUtf8(said),
                    m_logins.next());
    if (reply.isError("WRONGPASS") || reply.isError("NOAUTH")
        || (step == Step::Auth && !isOfAnybody))
        return drop(u"refused the login (check REDIS_USERNAME and REDIS_PASSWORD): "_s
                        + QString::fromUtf8(said),
                    m_logins.next());
    if (step == Step::Hello && said.startsWith("ERR unknown command"))
        return drop(tooOld("5 or older"_ba)); // or the command was renamed
    const QString what = step == Step::Select ? u"refused the database (check REDIS_DATABASE): "_s
                                              : u"refused the connection: "_s;
    drop(what + QString::fromUtf8(said));
}

/// It has been, or is to be: whoever sent us here knows more in a moment.
void Link::notMaster(const QByteArray &role)
{
    const std::chrono::milliseconds longer(
        QRandomGenerator::global()->bounded(qint64(kNotMasterPause / 1ms)));
    drop(u"is a "_s + QString::fromUtf8(role.isEmpty() ? "stranger"_ba : role)
             + u", not the master"_s,
         kNotMasterPause + longer);
}

} // namespace presence::redis
