// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/net/connection.h"

#include "admin/net/problems.h"
#include "admin/net/subscription.h"
#include "shared/protocol/json.h"
#include "shared/protocol/phoenixmessage.h"

#include <QDateTime>
#include <QNetworkRequest>
#include <QSslConfiguration>

#include <array>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::JsonView;

static constexpr auto kShortestPause = 500ms;
static constexpr auto kLongestPause = 30'000ms;
static constexpr auto kOpenDeadline = 15s;
static constexpr auto kAnswerDeadline = 30s;
/// A join may have to wait for a table of a hundred thousand rows.
static constexpr auto kJoinDeadline = 90s;
static constexpr auto kHeartbeat = 20s;
static constexpr auto kTick = 1000ms;

Connection::Connection(QObject *parent)
    : QObject(parent), m_since(QDateTime::currentDateTimeUtc()),
      m_backoff(kShortestPause, kLongestPause)
{
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &Connection::connectNow);
    connect(&m_tick, &QTimer::timeout, this, &Connection::tick);
}

/// Another one for each attempt: what the last one was told to ignore must not count for the next.
void Connection::makeSocket()
{
    dropSocket();
    m_socket = new QWebSocket(QString(), QWebSocketProtocol::VersionLatest, this);
    connect(m_socket, &QWebSocket::connected, this, &Connection::opened);
    connect(m_socket, &QWebSocket::disconnected, this, &Connection::ended);
    connect(m_socket, &QWebSocket::textMessageReceived, this, &Connection::received);
    connect(m_socket, &QWebSocket::sslErrors, this, &Connection::sslFailed);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const auto failed = &QWebSocket::errorOccurred;
#else
    const auto failed = qOverload<QAbstractSocket::SocketError>(&QWebSocket::error);
#endif
    // A connection that was never there does not say that it has ended.
    connect(
        m_socket, failed, this,
        [this] {
            if (m_state == State::Connecting)
                ended();
        },
        Qt::QueuedConnection);
}

void Connection::dropSocket()
{
    if (!m_socket)
        return;
    m_socket->disconnect(this);
    m_socket->abort();
    m_socket->deleteLater(); // it may be on the stack
    m_socket = nullptr;
}

Connection::~Connection()
{
    dropSocket();
    for (Subscription *subscription : std::as_const(m_subscriptions))
        subscription->m_connection = nullptr;
}

void Connection::open(const Profile &profile, const QByteArray &token)
{
    close();
    m_profile = profile;
    m_token = token;
    m_backoff.reset();
    connectNow();
}

void Connection::close()
{
    m_retry.stop();
    m_tick.stop();
    m_untrusted.clear();
    setState(State::Closed);
    dropSocket();
    failQuestions();
}

void Connection::retryNow()
{
    if (m_state == State::Waiting || m_state == State::Refused)
        connectNow();
}

std::chrono::milliseconds Connection::retryIn() const
{
    return std::max(m_retry.remainingTimeAsDuration(), 0ms);
}

std::optional<std::chrono::sys_seconds> Connection::tokenExpiresAt() const
{
    const auto claims = protocol::JsonView::parse(
        QByteArray::fromBase64(m_token.split('.').value(1), QByteArray::Base64UrlEncoding));
    if (!claims)
        return std::nullopt;
    const auto end = (*claims)["exp"].toWhole();
    constexpr std::chrono::seconds kLongest = std::chrono::years(10'000);
    if (!end || *end < 0 || *end > kLongest.count())
        return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(*end));
}

void Connection::setState(State state, const QString &problem)
{
    if (m_state == state && m_problem == problem)
        return;
    if (m_state != state)
        m_since = QDateTime::currentDateTimeUtc();
    m_state = state;
    m_problem = problem;
    Q_EMIT stateChanged();
}

/// http://host/path -> ws://host/path/socket/websocket?vsn=2.0.0
static QUrl socketUrl(QUrl url)
{
    const bool isSecure = url.scheme() == "https"_L1 || url.scheme() == "wss"_L1;
    url.setScheme(isSecure ? u"wss"_s : u"ws"_s);
    QString path = url.path();
    while (path.endsWith(u'/'))
        path.chop(1);
    url.setPath(path + u"/socket/websocket"_s);
    url.setQuery(u"vsn=2.0.0"_s);
    return url;
}

void Connection::connectNow()
{
    m_retry.stop();
    m_untrusted.clear();
    // What went wrong last is still worth knowing.
    setState(State::Connecting, m_problem);
    m_openBy.setRemainingTime(kOpenDeadline);
    m_tick.start(kTick);
    QNetworkRequest request(socketUrl(m_profile.url));
    request.setRawHeader("Authorization", "Bearer " + m_token);
    makeSocket();
    m_socket->open(request);
}

void Connection::opened()
{
    m_retry.stop();
    m_backoff.reset();
    m_nextHeartbeat.setRemainingTime(kHeartbeat);
    setState(State::Open);
    const auto subscriptions = m_subscriptions.values();
    for (Subscription *subscription : subscriptions)
        subscription->join();
}

void Connection::ended()
{
    const bool isExpected
        = m_state == State::Closed || m_state == State::Waiting || m_state == State::Refused;
    if (isExpected)
        return;
    const Ending ending = m_state == State::Open
        ? endingOf(m_socket->closeCode())
        : endingOf(m_socket->errorString(), !m_untrusted.isNull());
    if (ending.isFinal) {
        m_tick.stop();
        setState(State::Refused, ending.problem);
    } else {
        m_retry.start(m_backoff.next());
        setState(State::Waiting, ending.problem);
    }
    failQuestions();
}

/// Those of the connection that has ended.
void Connection::failQuestions()
{
    const auto questions = std::exchange(m_questions, {});
    for (const Question &question : questions)
        question.answered(fail(ErrorCode::Unavailable, tr("There is no connection.")));
}

void Connection::sslFailed(const QList<QSslError> &errors)
{
    const QSslCertificate certificate = errors.isEmpty()
        ? m_socket->sslConfiguration().peerCertificate()
        : errors.first().certificate();
    if (certificate.isNull())
        return;
    const QByteArray digest = certificate.digest(QCryptographicHash::Sha256);
    if (!m_profile.trustedCertificate.isEmpty() && digest == m_profile.trustedCertificate)
        return m_socket->ignoreSslErrors(errors);
    m_untrusted = certificate;
}

void Connection::trust()
{
    if (m_untrusted.isNull())
        return;
    m_profile.trustedCertificate = m_untrusted.digest(QCryptographicHash::Sha256);
    Q_EMIT trusted(m_profile);
    connectNow();
}

void Connection::tick()
{
    if (m_state == State::Connecting && m_openBy.hasExpired()) {
        ended();
        // It must not open after all while the next attempt is waited for.
        if (m_state != State::Connecting)
            dropSocket();
        return;
    }
    QList<QByteArray> late;
    for (auto it = m_questions.cbegin(); it != m_questions.cend(); ++it) {
        if (it->deadline.hasExpired())
            late.append(it.key());
    }
    for (const QByteArray &ref : late) {
        // An answer may end the connection, and with it all questions.
        const auto found = m_questions.constFind(ref);
        if (found == m_questions.cend())
            continue;
        const Question question = *found;
        m_questions.erase(found);
        question.answered(fail(ErrorCode::Timeout, tr("The daemon did not answer in time.")));
    }
    if (m_state != State::Open || !m_nextHeartbeat.hasExpired())
        return;
    m_nextHeartbeat.setRemainingTime(kHeartbeat);
    send({}, protocol::kPhoenixTopic, protocol::event::kHeartbeat, {},
         [this](const Result<JsonView> &reply) {
             // A peer that vanished without a word.
             if (!reply && reply.error().code == ErrorCode::Timeout && m_socket)
                 m_socket->abort();
         });
}

QByteArray Connection::send(const QByteArray &joinRef, const QByteArray &topic,
                            QByteArrayView event, const QJsonObject &payload,
                            const Answered &answered)
{
    const QByteArray ref = QByteArray::number(++m_lastRef);
    const bool isJoin = event == protocol::event::kJoin;
    m_questions.insert(ref, {answered, QDeadlineTimer(isJoin ? kJoinDeadline : kAnswerDeadline)});
    const QByteArray join = isJoin ? ref : joinRef;
    m_socket->sendTextMessage(
        QString::fromUtf8('[' + (join.isEmpty() ? "null"_ba : '"' + join + '"') + ",\"" + ref
                          + "\"," + protocol::quoted(QByteArrayView(topic)) + ",\""
                          + event.toByteArray() + "\"," + protocol::toBytes(payload) + ']'));
    return ref;
}

void Connection::ask(const QByteArray &topic, QByteArrayView event, const QJsonObject &payload,
                     const Answered &answered)
{
    const Subscription *subscription = m_subscriptions.value(topic);
    if (!isOpen() || !subscription || !subscription->isJoined())
        return answered(fail(ErrorCode::Unavailable, tr("There is no connection.")));
    send(subscription->m_joinRef, topic, event, payload, answered);
}

void Connection::received(const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    const auto json = JsonView::parse(bytes);
    enum Part { JoinRef, Ref, Topic, Event, Payload, Count };
    std::array<JsonView, Count> parts;
    if (!json || !json->readElements(parts))
        return;
    if (parts[Event].bytes() == protocol::event::kReply)
        return answer(parts[Ref].bytes().toByteArray(), parts[Payload]);
    Subscription *subscription = m_subscriptions.value(parts[Topic].bytes().toByteArray());
    // A push of an earlier join of the same topic is none of ours.
    const bool isOlder = subscription && parts[JoinRef].isString()
        && parts[JoinRef].bytes() != subscription->m_joinRef;
    if (subscription && !isOlder)
        subscription->pushed(parts[Event].bytes(), parts[Payload]);
}

void Connection::answer(const QByteArray &ref, const JsonView &payload)
{
    const auto found = m_questions.constFind(ref);
    if (found == m_questions.cend())
        return;
    const Question question = *found;
    m_questions.erase(found);
    const JsonView response = payload["response"];
    if (payload["status"].bytes() == "ok")
        return question.answered(response);
    const QString reason = QString::fromUtf8(response["reason"].bytes());
    const QString field = QString::fromUtf8(response["field"].bytes());
    question.answered(fail(reason == "unavailable"_L1        ? ErrorCode::Unavailable
                               : reason == "unauthorized"_L1 ? ErrorCode::Forbidden
                                                             : ErrorCode::Invalid,
                           field.isEmpty() ? reasonInWords(reason)
                                           : tr("%1: %2").arg(field, reasonInWords(reason)),
                           field));
}

void Connection::add(Subscription &subscription)
{
    m_subscriptions.insert(subscription.topic(), &subscription);
    if (isOpen())
        subscription.join();
}

void Connection::remove(Subscription &subscription)
{
    if (m_subscriptions.value(subscription.topic()) != &subscription)
        return;
    m_subscriptions.remove(subscription.topic());
    if (isOpen())
        send(subscription.m_joinRef, subscription.topic(), protocol::event::kLeave, {},
             [](const auto &) {});
}

} // namespace presence::dashboard
