// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/isolation.h"

namespace presence::http {

using namespace Qt::StringLiterals;

void ifSeen(rules::PacedReads &reads, const ApiRequest &request, const UserId &user,
            const Answer &answer, std::function<void()> then, Unknown unknown)
{
    const Sight sight = request.caller.sight();
    if (!sight.within || sight.isOf(user))
        return then();
    const auto decide
        = [sight, answer, then = std::move(then),
           isAllowed = unknown == Unknown::Allowed](const Result<UserPresence> &presence) {
              if (!presence)
                  return answer(problem(presence.error()));
              const bool isNew = isAllowed && presence->places.isEmpty();
              if (isNew || sight.includes(presence->user, presence->places))
                  return then();
              answer(problem({ErrorCode::NotFound, u"no such user"_s}));
          };
    reads.getPresence(request.payer, user, {.self = user}, decide);
}

} // namespace presence::http
