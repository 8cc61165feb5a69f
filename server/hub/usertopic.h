// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/events.h"
#include "server/hub/topic.h"
#include "shared/core/result.h"
#include "shared/model/sight.h"

#include <memory>

namespace presence::hub {

/// `user:{id}`: the changes that others see of one user, as `status_update`.
///
/// Holds what watchers were told last, and sends it as the snapshot. Every change names the
/// revision before it. What was missed while the subscription was lost is sent as one change, or
/// not at all when the user is again as it was. Who must not see the user is told of one that was
/// never there; since an event does not say where a user is shown, it is read again. Of changes
/// that follow each other within the window the first is told at once, and what they came to at its
/// end.
class UserTopic final : public Topic
{
public:
    /// What serves all user topics.
    class Host
    {
    public:
        virtual ~Host() = default;
        /// Has the user of `topic` read and returns a ticket, not 0, with which the answer comes
        /// to taken().
        virtual quint64 read(const UserTopic &topic) = 0;
        /// Over which changes are merged.
        virtual std::chrono::milliseconds window() const = 0;
        /// Has flush() called when a window is over.
        virtual void flushLater(UserTopic &topic) = 0;
    };

    /// For receivers who see the user only while it is shown in one of the workspaces `within`, or
    /// was last; nothing: everywhere.
    using Within = std::optional<QSet<WorkspaceId>>;

    UserTopic(bus::EventBus &bus, const UserId &user, QByteArray channel, Host &host,
              const Within &within);

    const QByteArray &key() const override { return m_key; }
    bool lingers() const override { return true; }
    static QByteArray keyOf(const UserId &user, const Within &within);
    static QByteArray nameOf(const UserId &user) { return "user:" + user.bytes(); }

    static bool isOf(const UserId &user, QByteArrayView name)
    {
        return name.sliced(5) == user.bytes();
    }

    /// What receivers know of the user, JSON; empty before it is ready.
    const QByteArray &state() const { return m_last.json; }

    bool isIsolated() const { return m_sight != nullptr; } ///< not everybody's
    UserId user() const { return UserId(name().sliced(5)); }

    void subscribed() override;
    void received(const QByteArray &payload) override;

    /// False when it has to be read again, after a pause. A user that Redis does not know any more
    /// is as it was until its connections have had `patience` to say so again.
    [[nodiscard]] bool taken(quint64 ticket, const Result<bus::UserEvent> &seen,
                             std::chrono::milliseconds patience);
    void read();
    void flush();

private:
    void sendSnapshot(Receiver &receiver) override;
    bus::UserEvent seen(const bus::UserEvent &event) const;
    void take(const bus::UserEvent &event);
    void tell(const bus::UserEvent &event);

    const QByteArray m_key;
    Host &m_host;
    std::unique_ptr<bus::UserEvent> m_held; ///< to be told at the end of the window
    std::chrono::steady_clock::time_point m_toldAt{};
    bus::UserEvent m_last; ///< as receivers know it
    quint64 m_newest = 0; ///< revision of the newest that is known; what it says they know already
    quint64 m_ticket = 0; ///< of the answer that is waited for; 0 for none
    std::chrono::steady_clock::time_point m_unknownSince{}; ///< zero: Redis knew it
    bool m_hasNews = false; ///< something was received since the question
    std::unique_ptr<const Sight> m_sight; ///< null: of everybody
};

/// The line between the connections of one user, on all nodes. Its broadcasts have the bytes of a
/// bus::ControlEvent as payload and go to no client. Its snapshot is empty: what is read after it
/// misses nothing.
class UserControlTopic final : public Topic
{
public:
    using Topic::Topic;

    void subscribed() override;
    void received(const QByteArray &payload) override;

private:
    void sendSnapshot(Receiver &receiver) override { receiver.subscribed(*this, {}); }
};

} // namespace presence::hub
