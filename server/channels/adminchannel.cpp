// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What the topics of operators tell; admincommands.cpp has what operators ask for.
#include "server/channels/adminchannel.h"

#include "server/channels/phoenixsocket.h"
#include "shared/protocol/limits.h"

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::Message;

AdminFeed::AdminFeed(PhoenixSocket &socket, const Message &join, Join joinService)
    : AdminChannel(socket, join),
      m_waiting(new Waiting{join, std::move(joinService), eventloop::Deadline([this] {
                                const auto late = std::move(m_waiting);
                                refuse(late->message, {ErrorCode::Unavailable, u"unavailable"_s});
                            })})
{
}

AdminFeed::~AdminFeed()
{
    if (m_topic)
        socket().services().hub.leave(*m_topic, *this);
}

void AdminFeed::join(const Message &)
{
    auto &services = socket().services();
    services.deadlines.arm(m_waiting->deadline, limits::kAdminTopicDeadline);
    // A topic that is ready subscribes it from within.
    const Join joinService = std::move(m_waiting->joinService);
    m_topic = &joinService(services.adminService, *this);
}

void AdminFeed::subscribed(const hub::Topic &, const QByteArray &state)
{
    const auto answered = std::move(m_waiting);
    reply(answered->message, state);
}

void AdminFeed::deliver(const hub::Broadcast &broadcast)
{
    socket().deliver(broadcast);
}

void AdminFeed::answerPage(const Message &message)
{
    const auto *rows = dynamic_cast<const admin::RowsTopic *>(m_topic);
    if (!rows || m_waiting)
        return AdminChannel::answerPage(message);
    reply(message, rows->page(message.payload["after"].bytes().toByteArray()));
}

AdminEvents::AdminEvents(PhoenixSocket &socket, const Message &join)
    : AdminChannel(socket, join), m_deadline([this] {
          const auto late = std::exchange(m_unanswered, {});
          if (m_isJoined)
              replyError(late, {ErrorCode::Unavailable, u"unavailable"_s});
          else
              refuse(late, {ErrorCode::Unavailable, u"unavailable"_s});
      })
{
}

void AdminEvents::join(const Message &message)
{
    m_events = socket().services().adminService.openEvents(
        [this](const QByteArray &payload) { push("events", payload); });
    setFilter(message);
}

void AdminEvents::answerFilter(const Message &message)
{
    if (m_isJoined)
        setFilter(message);
    else
        AdminChannel::answerFilter(message);
}

/// Answered when nothing is missed from then on.
void AdminEvents::setFilter(const Message &message)
{
    const auto onSubscribed = [this] {
        m_deadline.cancel();
        m_isJoined = true;
        reply(std::exchange(m_unanswered, {}));
    };
    // One that has not been answered is superseded.
    if (m_isJoined && !m_unanswered.ref.isEmpty())
        reply(m_unanswered);
    m_unanswered = message;
    socket().services().deadlines.arm(m_deadline, limits::kTopicDeadline);
    const auto set
        = admin::EventFilter::from(message.payload).and_then([&](const admin::EventFilter &filter) {
              return m_events->setFilter(filter, onSubscribed);
          });
    if (set)
        return;
    m_deadline.cancel();
    m_unanswered = {};
    if (m_isJoined)
        replyError(message, set.error());
    else
        refuse(message, set.error());
}

} // namespace presence::channels
