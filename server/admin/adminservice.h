// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/eventstream.h"
#include "server/admin/operations.h"
#include "server/admin/rowstopic.h"
#include "server/admin/searches.h"
#include "server/admin/verdictreader.h"
#include "server/hub/hub.h"
#include "server/presence/channelpresence.h"

namespace presence::admin {

/// What operators work with on a shard. Costs nothing while no operator is there.
class AdminService
{
public:
    struct Services
    {
        const rules::Store &store;
        rules::PresenceTracker &tracker;
        rules::ChannelPresence &viewers;
        bus::EventBus &bus;
        hub::Hub &hub;
        metrics::Metrics &metrics;
        const archive::Archive *archive = nullptr; ///< null: there is none
        QObject *shard = nullptr; ///< on whose thread this is, with an archive
        const rules::RedisState *redisState = nullptr; ///< null: it is not known
        /// As VerdictReader has it.
        std::function<qint64()> certificateEnds = {};
    };
    AdminService(const Services &services, const redis::Deployment &redis, QByteArray nodeName,
                 QByteArray version);

    // As Hub's: the receiver leaves by Hub::leave().
    hub::Topic &joinOverview(hub::Receiver &receiver);
    RowsTopic &joinWorkspace(const WorkspaceId &workspace, hub::Receiver &receiver);
    RowsTopic &joinChannel(const ChannelId &channel, hub::Receiver &receiver);
    std::unique_ptr<EventStream> openEvents(std::function<void(const QByteArray &)> push);

    struct ChangePage
    {
        std::vector<ChangeRow> changes; ///< newest first
        QByteArray next; ///< opaque; empty after the last page
    };
    /// What was kept of a user's changes. ErrorCode::NotFound: nothing is kept here.
    void readHistory(const UserId &user, const QByteArray &after, Callback<ChangePage> done);

    UserExplainer &users() { return m_users; }
    Searches &searches() { return m_searches; }
    Operations &operations() { return m_operations; }
    VerdictReader &verdicts() { return m_verdicts; }

    /// What is published for other services may come from another master now.
    void lookAgain() { m_events.lookAgain(); }
    void renewRedis() { m_events.renew(); }

private:
    Services m_services;
    QByteArray m_nodeName;
    QByteArray m_version;
    VerdictReader m_verdicts;
    UserExplainer m_users;
    Searches m_searches;
    Operations m_operations;
    PublicEvents m_events;
};

} // namespace presence::admin
