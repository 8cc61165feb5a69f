// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/archive.h"
#include "server/http/router.h"
#include "server/metrics/metrics.h"
#include "server/presence/pacedreads.h"
#include "server/presence/usereraser.h"

namespace presence::http {

/// What REST tells of a user's past, and how a user is erased. Belongs to one shard.
class ArchiveApi
{
public:
    struct Services
    {
        rules::UserEraser &eraser;
        rules::PacedReads &reads;
        metrics::Metrics &metrics;
        archive::Archive *archive; ///< null: there is none
        QObject &shard; ///< on whose thread this is
    };

    explicit ArchiveApi(const Services &services) : m_services(services) { }

    void addTo(Router &router);

private:
    void getHistory(const ApiRequest &request, const Answer &answer);
    void deleteUser(const ApiRequest &request, const Answer &answer);
    void erase(const UserId &user, const Answer &answer);

    Services m_services;
};

} // namespace presence::http
