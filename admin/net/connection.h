// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/settings/profile.h"
#include "shared/core/backoff.h"
#include "shared/core/result.h"
#include "shared/protocol/jsonview.h"

#include <QDeadlineTimer>
#include <QHash>
#include <QJsonObject>
#include <QObject>
#include <QSslCertificate>
#include <QSslError>
#include <QTimer>
#include <QWebSocket>

#include <optional>

namespace presence::dashboard {

class Subscription;

/// The socket of a dashboard: Phoenix Channels to one daemon.
///
/// After a broken connection it comes back by itself, after pauses that grow, and joins all topics
/// anew. It gives up, and says why, where coming back is of no use: a token that is not accepted,
/// or a certificate that nobody trusts.
class Connection : public QObject
{
    Q_OBJECT
public:
    enum class State : quint8 {
        Closed, ///< nobody wants it
        Connecting,
        Open,
        Waiting, ///< for the next attempt
        Refused, ///< not tried again before open() or retryNow()
    };
    Q_ENUM(State)

    explicit Connection(QObject *parent = nullptr);
    ~Connection() override;

    void open(const Profile &profile, const QByteArray &token);
    void close();
    void retryNow();

    State state() const { return m_state; }
    bool isOpen() const { return m_state == State::Open; }
    const Profile &profile() const { return m_profile; }
    QString problem() const { return m_problem; } ///< in words; empty for none
    std::chrono::milliseconds retryIn() const; ///< State::Waiting
    QDateTime since() const { return m_since; } ///< when the state began
    /// When the token ends, as it says itself; nothing for one without an end.
    std::optional<std::chrono::sys_seconds> tokenExpiresAt() const;

    /// The certificate that the connection was refused for; null when that was not the reason.
    QSslCertificate untrusted() const { return m_untrusted; }
    /// Trusts untrusted() from now on, and connects.
    void trust();

    /// Asks something that goes to `topic`. ErrorCode::Unavailable when there is no connection, or
    /// it ends before the answer; Timeout after 30 s.
    using Answered = std::function<void(const Result<protocol::JsonView> &)>;
    void ask(const QByteArray &topic, QByteArrayView event, const QJsonObject &payload,
             const Answered &answered);

Q_SIGNALS:
    void stateChanged();
    void trusted(const presence::dashboard::Profile &profile); ///< now has trustedCertificate

private:
    friend class Subscription;

    /// A question that is not answered yet.
    struct Question
    {
        Answered answered;
        QDeadlineTimer deadline;
    };

    void makeSocket();
    void dropSocket();
    void connectNow();
    void setState(State state, const QString &problem = {});
    void opened();
    void ended();
    void failQuestions();
    void received(const QString &text);
    void answer(const QByteArray &ref, const protocol::JsonView &payload);
    void sslFailed(const QList<QSslError> &errors);
    void tick();
    QByteArray send(const QByteArray &joinRef, const QByteArray &topic, QByteArrayView event,
                    const QJsonObject &payload, const Answered &answered);
    void add(Subscription &subscription);
    void remove(Subscription &subscription);

    Profile m_profile;
    QByteArray m_token;
    State m_state = State::Closed;
    QString m_problem;
    QDateTime m_since;
    QSslCertificate m_untrusted;
    QHash<QByteArray, Subscription *> m_subscriptions; ///< by topic
    QHash<QByteArray, Question> m_questions; ///< by ref
    quint64 m_lastRef = 0;
    Backoff m_backoff;
    QTimer m_retry;
    QTimer m_tick;
    QDeadlineTimer m_nextHeartbeat;
    QDeadlineTimer m_openBy;
    QWebSocket *m_socket = nullptr; ///< of the attempt under way, or the last one; a child
};

} // namespace presence::dashboard
