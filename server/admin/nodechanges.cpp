// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/nodechanges.h"

#include <algorithm>

namespace presence::admin {

using namespace std::chrono_literals;

/// A node that was there long before it is seen first has not come up: what was told is lost.
static constexpr auto kNewNode = 60s;
/// What was told of a node that is gone.
static constexpr auto kRemembered = 24h;

/// Whoever was alive at a look within this time would be in the registry still, had it not left:
/// that keeps one for 60 s, of which it is alive for 15 s.
static constexpr auto kKnownToBeAlive = 40s;
/// If the registry itself was lost all have reported again by then.
static constexpr auto kReported = 3s;

static constexpr char kNodeField[] = "node:";
static constexpr char kLooked[] = "looked"; ///< s: when all nodes were looked at last

namespace {

Seconds parseSeconds(const QByteArray &text)
{
    return Seconds(std::chrono::seconds(text.toLongLong()));
}

/// As the states have it: "up 1700000000 1700000001"
struct State
{
    /// up, draining, unreachable, stopped; left, for a moment, when it seems to have left the
    /// registry itself; empty when nothing was told
    QByteArray name;
    Seconds startedAt{};
    Seconds since{};

    static State parse(const QByteArray &text)
    {
        const auto words = text.split(' ');
        if (words.size() != 3)
            return {};
        return {words[0], parseSeconds(words[1]), parseSeconds(words[2])};
    }
    bool isThere() const { return name == "up" || name == "draining" || name == "left"; }
};

/// Of one node.
class Look
{
public:
    Look(const Incidents::Told &told, const QByteArray &node)
        : m_node(node), m_field(kNodeField + node), m_from(told.states.value(m_field, "")),
          m_now(told.now), m_looked(parseSeconds(told.states.value(kLooked))),
          m_was(State::parse(m_from))
    {
    }

    const State &was() const { return m_was; }
    Seconds now() const { return std::chrono::floor<std::chrono::seconds>(m_now); }
    /// At the last look, if it was up by what was told.
    bool wasAlive() const { return now() - m_looked < kKnownToBeAlive; }

    NodeChange silently(const QByteArray &name, Seconds startedAt) const
    {
        return {{m_field, m_from, text(name, startedAt, now())}, {}};
    }
    NodeChange forgotten() const { return {{m_field, m_from, ""}, {}}; }
    NodeChange told(const QByteArray &name, Seconds startedAt, IncidentKind kind) const
    {
        return {{m_field, m_from, text(name, startedAt, now())},
                IncidentRow{.time = m_now, .kind = kind, .node = m_node}};
    }
    /// Since its last sign of life.
    NodeChange lost(Seconds since, qint64 devices) const
    {
        return {{m_field, m_from, text("unreachable", m_was.startedAt, since)},
                IncidentRow{.time = since,
                            .kind = IncidentKind::NodeUnreachable,
                            .node = m_node,
                            .devices = devices}};
    }

private:
    static QByteArray text(const QByteArray &name, Seconds startedAt, Seconds since)
    {
        return name + ' ' + rules::number(startedAt.time_since_epoch().count()) + ' '
            + rules::number(since.time_since_epoch().count());
    }

    QByteArray m_node;
    QByteArray m_field;
    QByteArray m_from;
    Milliseconds m_now;
    Seconds m_looked;
    State m_was;
};

} // namespace

static std::optional<NodeChange> startOf(const NodeRow &node, const Look &look)
{
    const QByteArray state = node.isDraining ? "draining" : "up";
    if (look.was().name == "up")
        return look.told(state, node.startedAt, IncidentKind::NodeRestarted);
    if (look.was().name.isEmpty() && look.now() - node.startedAt > kNewNode)
        return look.silently(state, node.startedAt);
    return look.told(state, node.startedAt, IncidentKind::NodeUp);
}

static std::optional<NodeChange> changeOfLive(const NodeRow &node, const Look &look)
{
    // Its hash was evicted, and comes again.
    if (node.startedAt == Seconds())
        return std::nullopt;
    const State &was = look.was();
    if (was.startedAt != node.startedAt)
        return startOf(node, look);
    if (was.name == "unreachable") {
        NodeChange back = look.told("up", node.startedAt, IncidentKind::NodeBack);
        back.incident->duration = look.now() - was.since;
        return back;
    }
    if ((was.name == "up" || was.name == "left") && node.isDraining)
        return look.told("draining", node.startedAt, IncidentKind::NodeDraining);
    if (was.name == "left")
        return look.silently("up", node.startedAt);
    return std::nullopt;
}

/// Of one that the registry does not have. A version that tells nothing itself only leaves it.
static std::optional<NodeChange> changeOfAbsent(const Look &look)
{
    const State &was = look.was();
    if (was.name == "draining")
        return look.told("stopped", was.startedAt, IncidentKind::NodeStopped);
    if (was.name == "up" && look.wasAlive())
        return look.silently("left", was.startedAt);
    if (was.name == "left")
        return look.now() - was.since < kReported
            ? std::nullopt
            : std::optional(look.told("stopped", was.startedAt, IncidentKind::NodeStopped));
    if (was.isThere())
        return look.lost(look.now(), 0);
    if (look.now() - was.since > kRemembered)
        return look.forgotten();
    return std::nullopt;
}

std::vector<NodeChange> nodeChanges(const Incidents::Told &told, const std::vector<NodeRow> &nodes,
                                    bool isSettled)
{
    std::vector<NodeChange> changes;
    const auto add = [&changes](std::optional<NodeChange> change) {
        if (change)
            changes.push_back(*std::move(change));
    };
    for (const NodeRow &node : nodes) {
        const Look look(told, node.name);
        if (node.isAlive)
            add(changeOfLive(node, look));
        else if (isSettled && look.was().isThere())
            add(look.lost(node.seenAt, node.devices));
    }
    for (const QByteArray &field : told.states.keys()) {
        const QByteArray name = field.mid(qstrlen(kNodeField));
        if (isSettled && field.startsWith(kNodeField)
            && std::ranges::find(nodes, name, &NodeRow::name) == nodes.end())
            add(changeOfAbsent(Look(told, name)));
    }
    return changes;
}

Incidents::Change looked(const Incidents::Told &told)
{
    const auto now = std::chrono::floor<std::chrono::seconds>(told.now);
    return {kLooked, told.states.value(kLooked, ""), rules::number(now.time_since_epoch().count())};
}

std::optional<NodeChange> ownChange(const Incidents::Told &told, const QByteArray &node,
                                    IncidentKind kind)
{
    const Look look(told, node);
    const QByteArray &was = look.was().name;
    // One that nobody has seen yet has no past.
    if (was.isEmpty() || was == "stopped"
        || (was == "draining" && kind == IncidentKind::NodeDraining))
        return std::nullopt;
    return look.told(kind == IncidentKind::NodeDraining ? "draining" : "stopped",
                     look.was().startedAt, kind);
}

} // namespace presence::admin
