// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/adminservice.h"

#include "server/admin/changetext.h"
#include "server/admin/channelrows.h"
#include "server/admin/overviewtopic.h"
#include "server/admin/workspacerows.h"

namespace presence::admin {

using namespace Qt::StringLiterals;

AdminService::AdminService(const Services &services, const redis::Deployment &redis,
                           QByteArray nodeName, QByteArray version)
    : m_services(services), m_nodeName(std::move(nodeName)), m_version(std::move(version)),
      m_verdicts({services.store, services.redisState, services.archive, services.certificateEnds,
                  m_nodeName}),
      m_users(services.store),
      m_searches({services.store, services.archive, services.shard}, services.metrics),
      m_operations(services.store, services.tracker, m_users), m_events(redis)
{
}

hub::Topic &AdminService::joinOverview(hub::Receiver &receiver)
{
    return m_services.hub.joinOther(OverviewTopic::nameOf(), receiver, [this](bus::EventBus &bus) {
        return std::make_unique<OverviewTopic>(bus, m_services.store, m_verdicts, m_nodeName,
                                               m_version);
    });
}

RowsTopic &AdminService::joinWorkspace(const WorkspaceId &workspace, hub::Receiver &receiver)
{
    return static_cast<RowsTopic &>(m_services.hub.joinOther(
        WorkspaceRows::nameOf(workspace), receiver, [this, &workspace](bus::EventBus &bus) {
            return std::make_unique<WorkspaceRows>(bus, m_services.store, workspace);
        }));
}

RowsTopic &AdminService::joinChannel(const ChannelId &channel, hub::Receiver &receiver)
{
    return static_cast<RowsTopic &>(m_services.hub.joinOther(
        ChannelRows::nameOf(channel), receiver, [this, &channel](bus::EventBus &bus) {
            return std::make_unique<ChannelRows>(bus, m_services.store, m_services.viewers,
                                                 channel);
        }));
}

std::unique_ptr<EventStream> AdminService::openEvents(std::function<void(const QByteArray &)> push)
{
    return std::make_unique<EventStream>(m_services.store, m_events, m_services.bus,
                                         std::move(push));
}

void AdminService::readHistory(const UserId &user, const QByteArray &after,
                               Callback<ChangePage> done)
{
    if (!m_services.archive || !m_services.archive->keepsHistory())
        return done(fail(ErrorCode::NotFound, u"no history is kept here"_s));
    m_services.archive->history(
        {.user = user, .since = {}, .until = {}, .onlyStatuses = true, .after = {}}, after,
        m_services.shard, [done = std::move(done)](const Result<archive::HistoryPage> &page) {
            if (!page)
                return done(Failure(page.error()));
            ChangePage changes{.changes = {}, .next = page->next};
            for (const QJsonObject &row : page->rows)
                changes.changes.push_back(toChange(row));
            done(std::move(changes));
        });
}

} // namespace presence::admin
