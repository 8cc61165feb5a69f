// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/actions.h"
#include "admin/model/channelsmodel.h"
#include "admin/model/eventlogmodel.h"
#include "admin/model/ghostsmodel.h"
#include "admin/model/searchmodel.h"
#include "admin/model/userdetailsmodel.h"
#include "admin/model/usersmodel.h"

namespace presence::dashboard {

/// A connection and all that is shown of it.
struct Models
{
    Connection connection;
    OverviewModel overview{connection};
    NodesModel nodes{overview};
    WorkspacesModel workspaces{overview};
    UsersModel users{overview};
    ChannelsModel channels{overview};
    ChannelUsersModel channelUsers{overview};
    UserDetailsModel user{overview};
    GhostsModel ghosts{overview};
    FlappingModel flapping{overview};
    EventLogModel events{overview};
    SearchModel search{overview};
    Actions actions{overview};
};

} // namespace presence::dashboard
