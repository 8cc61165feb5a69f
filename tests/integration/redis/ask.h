// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/client.h"

#include <QDeadlineTimer>
#include <QTest>
#include <QTimer>

namespace presence::test {

inline constexpr int kPatience = 10'000; // ms

/// Whether `isSo` becomes true in time. Looks after each pass of the event loop, where qWaitFor
/// would rest for 10 ms.
template <typename Predicate>
bool eventually(const Predicate &isSo)
{
    QTimer alarm;
    alarm.start(10);
    const QDeadlineTimer deadline(kPatience);
    while (!isSo() && !deadline.hasExpired()) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    return isSo();
}

/// An endpoint of a test, whose URL is known to be right.
inline redis::Endpoint endpointAt(const QString &url)
{
    return redis::Endpoint::parse(url).value();
}

/// A callback that keeps its result, still there when the test has already failed.
template <typename T>
class Answer
{
public:
    void operator()(Result<T> result) const { m_box->emplace(std::move(result)); }
    bool isThere() const { return m_box->has_value(); }
    bool wait() const
    {
        return eventually([this] { return isThere(); });
    }
    const Result<T> &operator*() const { return m_box->value(); }

private:
    std::shared_ptr<std::optional<Result<T>>> m_box = std::make_shared<std::optional<Result<T>>>();
};

inline bool failedWith(const Answer<redis::Reply> &answer, ErrorCode code)
{
    return answer.wait() && !*answer && (*answer).error().code == code;
}

/// What `command` is answered; Internal when there is no answer at all.
inline Result<redis::Reply> ask(redis::Client &client, const redis::Command &command)
{
    const Answer<redis::Reply> answer;
    client.command("key", command, answer);
    return answer.wait() ? *answer : fail(ErrorCode::Internal, QStringLiteral("no callback"));
}

/// The bytes of the reply, or what went wrong.
inline QByteArray bytesOf(const Result<redis::Reply> &result)
{
    return result ? result->bytes() : result.error().detail.toUtf8();
}

} // namespace presence::test
