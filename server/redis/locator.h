// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/deployment.h"

#include <QObject>

#include <memory>

namespace presence::redis {

/// Says where to connect, anew for each attempt: what is the master now need not have been it.
/// Owned by a Link, on its thread.
class Locator : public QObject
{
    Q_OBJECT
public:
    /// `found` is called once, at once or later, unless locate() is called again first.
    virtual void locate(Callback<Endpoint> found) = 0;

    virtual QString description() const = 0; ///< of what is located, for the log

Q_SIGNALS:
    /// What was located last is not the place any more.
    void moved();
};

/// One place for ever.
class FixedLocator final : public Locator
{
    Q_OBJECT
public:
    explicit FixedLocator(Endpoint endpoint) : m_endpoint(std::move(endpoint)) { }
    void locate(Callback<Endpoint> found) override { found(m_endpoint); }
    QString description() const override
    {
        return QStringLiteral("Redis at ") + m_endpoint.toString();
    }

private:
    Endpoint m_endpoint;
};

/// For a Single or a Sentinel deployment. Of a cluster each node has a place of its own.
std::unique_ptr<Locator> makeLocator(const Deployment &deployment);

} // namespace presence::redis
