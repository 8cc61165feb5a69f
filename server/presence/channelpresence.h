// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/channeltransitions.h"

namespace presence::rules {

/// Who looks at a channel. A user looks while one of its connections does. Belongs to one thread.
class ChannelPresence
{
public:
    explicit ChannelPresence(const Store &store) : m_store(store), m_transitions(store) { }

    /// A session looks at a channel, as one that knows the user's `revision`. Nothing happens when
    /// the user has left with a newer one: nobody may see it.
    struct View
    {
        UserId user;
        SessionId session;
        qint64 revision = 0;
    };
    /// The user has announced a session with this channel before.
    void joinChannel(const View &view, const ChannelId &channel, Callback<void> done);
    /// What the session did there by what the caller knows, should Redis have lost it.
    struct Doing
    {
        bool isViewing = false;
        std::optional<bool> isTyping = false; ///< nothing: what it types is left alone
        QByteArray before; ///< as AnnouncedSession::before: they leave as well
    };
    /// The session stops typing there, too.
    void leaveChannel(const UserId &user, const SessionId &session, const ChannelId &channel,
                      Doing doing, Callback<void> done);

    /// Says for many viewers at once that they still look. Does not bring back who has left: `done`
    /// gets those that are not known to look.
    using Missing = std::vector<std::pair<UserId, SessionId>>;
    void refresh(const ChannelId &channel, const std::vector<View> &views, Callback<Missing> done);

    void getChannelViewers(const ChannelId &channel, const Page &page,
                           Callback<UserPage> done) const;

    /// Viewers and typists, as a watcher of the channel begins with.
    void readChannel(const ChannelId &channel, Callback<Roster> done) const;

private:
    const Store &m_store;
    ChannelTransitions m_transitions;
};

} // namespace presence::rules
