// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/channelpresence.h"

namespace presence::rules {

using namespace Qt::StringLiterals;

static void append(std::vector<QByteArray> &arguments, const ChannelPresence::View &view)
{
    arguments.insert(arguments.end(),
                     {view.user.bytes(), view.session.bytes(), number(view.revision)});
}

void ChannelPresence::joinChannel(const View &view, const ChannelId &channel, Callback<void> done)
{
    std::vector<QByteArray> arguments;
    append(arguments, view);
    m_transitions.change(m_store.scripts.channelJoin, channel, std::move(arguments),
                         withoutTransition<ChannelTransition>(std::move(done)));
}

void ChannelPresence::leaveChannel(const UserId &user, const SessionId &session,
                                   const ChannelId &channel, Doing doing, Callback<void> done)
{
    m_transitions.change(m_store.scripts.channelLeave, channel,
                         {user.bytes(), session.bytes(), doing.isViewing ? "1"_ba : "0"_ba,
                          doing.isTyping ? number(qint64(*doing.isTyping)) : ""_ba, doing.before},
                         withoutTransition<ChannelTransition>(std::move(done)));
}

void ChannelPresence::refresh(const ChannelId &channel, const std::vector<View> &views,
                              Callback<Missing> done)
{
    std::vector<QByteArray> arguments;
    for (const View &view : views)
        append(arguments, view);
    m_transitions.refresh(m_store.scripts.channelRefresh, channel, std::move(arguments),
                          [done = std::move(done)](Result<ChannelTransition> transition) {
                              done(std::move(transition).map(&ChannelTransition::missing));
                          });
}

void ChannelPresence::getChannelViewers(const ChannelId &channel, const Page &page,
                                        Callback<UserPage> done) const
{
    m_transitions.readPage(channel, ChannelTransitions::List::Viewers, page, std::move(done));
}

void ChannelPresence::readChannel(const ChannelId &channel, Callback<Roster> done) const
{
    m_transitions.read(channel, std::move(done));
}

} // namespace presence::rules
