// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/operations.h"

#include "server/admin/sessiontext.h"
#include "shared/core/logging.h"
#include "shared/protocol/json.h"

#include <algorithm>

namespace presence::admin {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::KeySpace;

template <typename T>
Callback<T> Operations::noting(const AdminRequest &request, const QByteArray &action,
                               const QByteArray &what, Callback<T> done)
{
    return [this, request, action, what, done = std::move(done)](Result<T> result) {
        note(request, action, what, result ? u"done"_s : result.error().detail);
        if (result)
            m_incidents.add({.kind = IncidentRow::Kind::Operator,
                             .node = {},
                             .user = request.user,
                             .by = request.by,
                             .action = action,
                             .detail = (what.isEmpty() ? what : what + ", ") + "done"});
        done(std::move(result));
    };
}

void Operations::note(const AdminRequest &request, const QByteArray &action, const QByteArray &what,
                      const QString &outcome)
{
    const QString object = QString::fromUtf8(what.isEmpty() ? action : action + ' ' + what);
    qCInfo(lcAudit).noquote() << u"%1 of %2 by %3: %4"_s.arg(object, request.user.toString(),
                                                             request.by.toString(), outcome);
    QString detail = u"by %1: %2"_s.arg(request.by.toString(), outcome);
    if (!what.isEmpty())
        detail = QString::fromUtf8(what) + u", "_s + detail;
    const QByteArray event = protocol::toBytes({{"user_id"_L1, request.user.toString()},
                                                {"action"_L1, QString::fromLatin1(action)},
                                                {"detail"_L1, detail}});
    m_store.redis.command(KeySpace::kCommands, {"PUBLISH", KeySpace::kCommands, event},
                          [](const auto &) {});
}

static QByteArray byOf(const AdminRequest &request)
{
    return "operator:" + request.by.bytes();
}

void Operations::setStatus(const AdminRequest &request, const StatusChange &change,
                           Callback<void> done)
{
    const auto noted = noting<void>(
        request, "set_status"_ba,
        change.status ? QByteArray(toName(*change.status).data()) : "text"_ba, std::move(done));
    m_tracker.setStatus(request.user, change,
                        rules::withoutTransition<rules::UserTransition>(noted),
                        {.by = byOf(request), .session = {}, .device = {}});
}

void Operations::clearStatus(const AdminRequest &request, Callback<void> done)
{
    const auto noted = noting<void>(request, "clear_status"_ba, {}, std::move(done));
    m_tracker.clearStatus(request.user, rules::withoutTransition<rules::UserTransition>(noted),
                          {.by = byOf(request), .session = {}, .device = {}});
}

void Operations::disconnectDevice(const AdminRequest &request, const DeviceId &device,
                                  Callback<SignedOff> done)
{
    signOff(request, device, 1, 0s,
            noting<SignedOff>(request, "disconnect_device"_ba, device.bytes(), std::move(done)));
}

void Operations::disconnectUser(const AdminRequest &request, std::chrono::seconds hold,
                                Callback<SignedOff> done)
{
    const QByteArray what = hold > 0s ? "hold " + rules::number(hold) + " s" : QByteArray();
    const auto noted = noting<SignedOff>(request, "disconnect_user"_ba, what, std::move(done));
    m_users.read(request.user, [this, request, hold, noted](const Result<UserDetails> &details) {
        if (!details)
            return noted(Failure(details.error()));
        QSet<DeviceId> devices;
        for (const SessionRow &session : details->sessions)
            devices.insert(session.device);
        signOff(request, {}, devices.size(), hold, noted);
    });
}

void Operations::signOff(const AdminRequest &request, const DeviceId &device, qint64 devices,
                         std::chrono::seconds hold, Callback<SignedOff> done)
{
    using Until = std::optional<std::chrono::milliseconds>;
    const auto answered = [this, devices, done](const Result<Until> &until) {
        SignedOff signedOff{devices, {}, {}};
        if (until && *until) {
            signedOff.issuedUntil = Milliseconds(**until);
            signedOff.unstatedUntil = Milliseconds(**until + m_store.config.signOffHold);
        }
        done(signedOff);
    };
    m_tracker.signOff(
        request.user, device,
        [this, user = request.user, device, answered, done](const Result<void> &result) {
            if (!result)
                return done(Failure(result.error()));
            m_tracker.getSignedOff(user, device, answered);
        },
        byOf(request), hold);
}

void Operations::forgetGhost(const AdminRequest &request, const SessionId &session,
                             Callback<void> done)
{
    const auto noted = noting<void>(request, "forget_ghost"_ba, session.bytes(), std::move(done));
    m_users.read(request.user,
                 [this, session, noted, by = byOf(request)](const Result<UserDetails> &details) {
                     if (!details)
                         return noted(Failure(details.error()));
                     const auto found
                         = std::ranges::find(details->sessions, session, &SessionRow::session);
                     if (found == details->sessions.end())
                         return noted(fail(ErrorCode::NotFound, u"is no session of the user"_s,
                                           u"session_id"_s));
                     if (!ghostReason(*found, details->time, m_store.config.heartbeatInterval))
                         return noted(fail(ErrorCode::Invalid, u"is alive"_s, u"session_id"_s));
                     const UserId &user = details->user;
                     m_tracker.forgetSession(user, session, found->deadline.time_since_epoch(), by,
                                             [this, user, noted](const Result<void> &result) {
                                                 if (!result)
                                                     return noted(result);
                                                 m_tracker.repair(user, [noted] { noted({}); });
                                             });
                 });
}

} // namespace presence::admin
