// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/isolation.h"

namespace presence::http {

void ifSeen(rules::PacedReads &reads, const ApiRequest &request, const UserId &user,
            const Answer &answer, std::function<void()> then)
{
    const Sight sight = request.caller.sight();
    if (!sight.withinOf(user))
        return then();
    reads.getPresence(request.payer, user, sight,
                      [answer, then = std::move(then)](const Result<UserPresence> &presence) {
                          if (presence)
                              then();
                          else
                              answer(problem(presence.error()));
                      });
}

} // namespace presence::http
