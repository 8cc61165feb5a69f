// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QHostAddress>
#include <QObject>
#include <QString>

#include <memory>
#include <vector>

class QSocketNotifier;

namespace presence::redis {

/// Asks the system for the addresses of a host, anew each time: QHostInfo remembers them for a
/// minute, and a name may move to another server at any time.
///
/// It takes as long as the system's resolver does, on a thread of its own; those who ask for one
/// name at a time share one. Destroying it drops the callback.
class HostLookup final : public QObject
{
    Q_OBJECT
public:
    using Addresses = std::vector<QHostAddress>; ///< in the order of RFC 6724; at least one

    /// `done` is called once, from the event loop, and may destroy the lookup. Unavailable, with
    /// the resolver's reason, when there is no address.
    HostLookup(const QString &host, Callback<Addresses> done);
    ~HostLookup() override;

    struct Request; ///< what is shared with the thread

private:
    void answered();

    std::shared_ptr<Request> m_request;
    std::unique_ptr<QSocketNotifier> m_notifier;
    Callback<Addresses> m_done;
};

} // namespace presence::redis
