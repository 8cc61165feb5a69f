// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/events.h"
#include "server/channels/channel.h"
#include "server/channels/watchlist.h"
#include "server/hub/hub.h"
#include "server/presence/heartbeatscheduler.h"
#include "shared/core/backoff.h"

namespace presence::channels {

/// `presence:{user_id}`: a device of a user, live for as long as this channel is.
class PresenceChannel final : public Channel, private hub::Receiver
{
public:
    PresenceChannel(PhoenixSocket &socket, const protocol::Message &join);
    ~PresenceChannel() override;

    const QByteArray &topic() const override;
    void join(const protocol::Message &message) override;
    void handle(const protocol::Message &message) override;
    bool renew(const auth::Caller &caller) override;

private:
    using Clock = std::chrono::steady_clock;
    using Handler = void (PresenceChannel::*)(const protocol::Message &);
    static Handler handlerOf(QByteArrayView event); ///< null for none

    const UserId &user() const;
    Result<rules::Session> sessionOf(const protocol::Message &join);
    WatchList &watchList();
    void restore(const std::vector<UserId> &watched);
    void started(const Result<rules::UserTransition> &transition);

    void setStatus(const protocol::Message &message);
    void statusSet(const protocol::MessageHead &message,
                   const Result<rules::UserTransition> &transition);
    void deviceState(const protocol::Message &message);
    void typingStart(const protocol::Message &message);
    void typingStop(const protocol::Message &message);
    void joinChannel(const protocol::Message &message);
    void leaveChannel(const protocol::Message &message);
    void getOnlineUsers(const protocol::Message &message);
    void getPresence(const protocol::Message &message);
    void watch(const protocol::Message &message);
    void unwatch(const protocol::Message &message);

    /// The channel that `message` is about, if the caller may enter it; else it is answered.
    std::optional<ChannelId> channelOf(const protocol::Message &message);
    /// False when the client does more than it may; then `message` is answered.
    bool maySpend(const protocol::MessageHead &message, limits::Spending what, double cost = 1,
                  limits::Payer::Debt debt = limits::Payer::Debt::Refused);

    /// Replies ok, or with the error, after `note`, which keeps what came of it.
    Callback<void> replyingAfter(const protocol::MessageHead &message, Callback<void> note);

    /// Has Redis know that the session is in `channel`, so that it leaves the channel with the
    /// session, however that ends.
    void registerChannel(const ChannelId &channel, Callback<void> then);
    void announce(Callback<void> then);
    void announceAll(Backoff pause = {rules::kFirstRetry, rules::kLastRetry});
    void enterViewed();
    QSet<ChannelId> channels() const; ///< that it looks at or types in
    void startTyping(const ChannelId &channel, Callback<void> done);
    /// `end` as in m_typing.
    void stopTyping(const ChannelId &channel, Clock::time_point end, Callback<void> done);
    /// Redis may have it type in `channel` still, because of `error`.
    void noteTyping(const ChannelId &channel, const Error &error);
    QSet<ChannelId> channelsToLeave() const; ///< when the session is over
    void viewChannel(const ChannelId &channel, Callback<void> done);
    void leave(const ChannelId &channel, const rules::ChannelPresence::Doing &doing,
               Callback<void> done);

    void subscribed(const hub::Topic &topic, const QByteArray &state) override;
    void deliver(const hub::Broadcast &broadcast) override;
    void heard(const bus::ControlEvent &event);
    void readState();
    void readStateLater();
    void sendState(const QByteArray &state);
    void showState(const bus::ControlEvent &state);
    void setHidden(bool isHidden);

    /// A join that is not answered yet.
    struct Joining
    {
        protocol::MessageHead message;
        eventloop::Deadline deadline; ///< for m_control to listen
        std::vector<UserId> watched; ///< by the join params
        std::optional<bus::ControlEvent> news; ///< heard last before the answer
    };

    /// Changes of the status that are not answered yet.
    struct Changes
    {
        int count = 0;
        int hides = 0; ///< those of them to a hidden status
        QByteArray unsent; ///< the latest state, which leaves behind the answer
    };

    /// Calls of join_channel that are not answered yet, of one channel since it was last left.
    struct Entering
    {
        int count = 0;
        bool isViewing = false; ///< since before them, or since one of them
    };
    void entered(const ChannelId &channel, Entering &entering, const Result<void> &result);
    void forgetEntering(const ChannelId &channel);

    std::unique_ptr<rules::TrackedDevice> m_device;
    const hub::Topic *m_control = nullptr; ///< null while m_joining has its name
    std::unique_ptr<Joining> m_joining; ///< until the join is answered
    std::unique_ptr<Changes> m_changes; ///< null for none
    bool m_isJoined = false;
    qint64 m_shown = 0; ///< revision of the state that the client has
    QHash<ChannelId, std::shared_ptr<Entering>> m_entering;
    /// Until when, unless it is said again; in the past where it is not known to type, but Redis
    /// may have it do so.
    QHash<ChannelId, Clock::time_point> m_typing;
    Clock::time_point m_announcedAll; ///< last
    QSet<ChannelId> m_seenIn; ///< while it hides: channels that Redis knew it to be in then
    QSet<ChannelId> m_registered; ///< channels that Redis knows the session to be in
    qint64 m_registeredAt = 0; ///< the user's revision when it got to know them
    std::unique_ptr<WatchList> m_watched; ///< only when the client watches
    std::unique_ptr<eventloop::Deadline> m_retry; ///< when the state could not be read, or told
};

} // namespace presence::channels
