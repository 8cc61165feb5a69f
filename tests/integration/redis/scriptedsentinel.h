// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/redis/scriptedserver.h"

#include <optional>

namespace presence::test {

/// A sentinel of a test: what it says of the master named mymaster, and of other sentinels.
class ScriptedSentinel : public ScriptedServer
{
public:
    explicit ScriptedSentinel(std::optional<redis::Address> knows = {}) : master(std::move(knows))
    {
        script = [this](const Words &words) { return reply(words); };
    }

    std::optional<redis::Address> master;
    std::vector<redis::Address> others;
    QByteArray says; ///< when set, instead of the place of the master

    qsizetype timesAsked() const
    {
        return count({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"});
    }

private:
    static QByteArray placeOf(const redis::Address &address)
    {
        return resp::array(
            {resp::bulk(address.host.toLatin1()), resp::bulk(QByteArray::number(address.port))});
    }

    static QByteArray portrait(const redis::Address &address)
    {
        return resp::array({resp::bulk("name"), resp::bulk("0123456789abcdef"), resp::bulk("ip"),
                            resp::bulk(address.host.toLatin1()), resp::bulk("port"),
                            resp::bulk(QByteArray::number(address.port))});
    }

    QByteArray reply(const Words &words) const
    {
        if (words == Words{"SENTINEL", "SENTINELS", "mymaster"}) {
            QByteArrayList all;
            for (const redis::Address &other : others)
                all.append(portrait(other));
            return resp::array(all);
        }
        if (words != Words{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"})
            return resp::ok();
        if (!says.isEmpty())
            return says;
        return master ? placeOf(*master) : QByteArray("*-1\r\n");
    }
};

/// A deployment of which `sentinels` know.
inline redis::Deployment
deploymentOf(const std::vector<std::reference_wrapper<const ScriptedSentinel>> &sentinels)
{
    redis::Deployment deployment;
    deployment.kind = redis::Deployment::Kind::Sentinel;
    deployment.masterName = "mymaster";
    for (const ScriptedSentinel &sentinel : sentinels)
        deployment.nodes.push_back(sentinel.address());
    return deployment;
}

} // namespace presence::test
