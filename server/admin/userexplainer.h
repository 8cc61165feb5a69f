// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/nodenames.h"

namespace presence::admin {

/// Reads everything that is known of a user, and why it is seen as it is. Belongs to one thread.
class UserExplainer
{
public:
    explicit UserExplainer(const rules::Store &store) : m_store(store), m_nodes(store) { }

    void read(const UserId &user, const Callback<UserDetails> &done);

private:
    const rules::Store &m_store;
    NodeNames m_nodes;
};

/// What comes next for a user of whom nobody says anything any more, by what is in `details`.
std::optional<NextChange> nextChange(const UserDetails &details);

} // namespace presence::admin
