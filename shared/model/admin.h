// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"
#include "shared/model/status.h"

#include <QByteArray>

#include <chrono>
#include <optional>
#include <vector>

/// What an operator sees: the rows and figures of the admin topics. Values; times are by Redis'
/// clock. Texts are UTF-8.
namespace presence {

using Seconds = std::chrono::sys_seconds;
using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

/// Counted by all nodes together, since the cluster's first one started.
struct Totals
{
    qint64 joins = 0;
    qint64 events = 0;
    qint64 deliveries = 0;
    qint64 messages = 0;
    friend bool operator==(const Totals &, const Totals &) = default;
};

/// The same a second.
struct Rates
{
    double joins = 0;
    double events = 0;
    double deliveries = 0;
    double messages = 0;
    friend bool operator==(const Rates &, const Rates &) = default;
};

/// Totals and rates of the whole cluster at one moment.
struct Figures
{
    Milliseconds time{};
    qint64 users = 0; ///< that others see online
    qint64 devices = 0; ///< with a WebSocket that has joined its presence topic
    qint64 connections = 0; ///< WebSockets
    qint64 typing = 0; ///< users, summed over channels
    qint64 channels = 0; ///< that somebody looks at or types in
    qint64 workspaces = 0; ///< with somebody online
    // A second:
    double joins = 0; ///< of topics
    double events = 0; ///< that nodes received by Pub/Sub
    double deliveries = 0; ///< messages to clients
    double messages = 0; ///< from clients
    Rates peak; ///< the most that the nodes had in a second of the last 10 s
    Totals totals;
    std::chrono::microseconds redisLatency{0}; ///< of a command, there and back
    std::optional<Rates> least; ///< as the peak; nothing where a daemon does not tell it
    friend bool operator==(const Figures &, const Figures &) = default;
};

struct NodeRow
{
    QByteArray name;
    QByteArray version;
    Seconds startedAt{};
    Seconds seenAt{}; ///< its last sign of life
    qint64 connections = 0;
    qint64 devices = 0;
    int shards = 0;
    std::chrono::milliseconds lag{0}; ///< the longest that an event loop was late recently
    qint64 memory = 0; ///< bytes resident
    double processor = 0; ///< cores in use
    // A second, as in Figures:
    double joins = 0;
    double events = 0;
    double deliveries = 0;
    double messages = 0;
    Rates peak; ///< not told
    Rates least; ///< not told
    /// Figures::totals have what it counts: not of a version that tells rates alone; not told
    bool isInTotals = false;
    bool isDraining = false;
    bool isAlive = false; ///< has missed no more than two signs of life
    bool isBehind = false; ///< cannot refresh its sessions, so they do not expire; not told
    bool isSweeping = false; ///< holds the sweeper's lease
    friend bool operator==(const NodeRow &, const NodeRow &) = default;
};

struct RedisState
{
    bool isReachable = false; ///< false: nothing else is known
    QByteArray version;
    qint64 usedMemory = 0; ///< bytes
    qint64 clients = 0;
    qint64 commandsPerSecond = 0;
    friend bool operator==(const RedisState &, const RedisState &) = default;
};

/// MongoDB, which keeps what Redis may lose, by the node that tells it.
struct ArchiveFigures
{
    bool isAvailable = false;
    qint64 waiting = 0; ///< changes that are not written yet, of all nodes
    std::chrono::seconds lag{}; ///< age of the oldest of them
    friend bool operator==(const ArchiveFigures &, const ArchiveFigures &) = default;
};

struct WorkspaceRow
{
    WorkspaceId workspace;
    qint64 users = 0;
    friend bool operator==(const WorkspaceRow &, const WorkspaceRow &) = default;
};

/// Something that an operator should know of how the service is.
struct Finding
{
    enum class Level : quint8 {
        Info, ///< all is well with it
        Degraded, ///< some users notice it, or will
        Down, ///< nobody is served
    };
    Level level = Level::Info;
    QByteArray kind; ///< as the table in server/admin/README.md has it
    QByteArray subject; ///< which node, or which master of Redis; empty for none
    std::optional<Seconds> since;
    std::optional<Seconds> endsAt; ///< of what is about to expire
    qint64 count = 0; ///< of what the kind counts; 0 for nothing
    QByteArray detail; ///< what Redis answered; empty for none
    friend bool operator==(const Finding &, const Finding &) = default;
};

/// Of a verdict; what more there is goes without saying.
inline constexpr std::size_t kMostFindings = 50;

/// How the service is, and why.
struct Verdict
{
    enum class Level : quint8 { Healthy, Degraded, Down };
    Level level = Level::Healthy;
    std::vector<Finding> findings; ///< the worst first
    friend bool operator==(const Verdict &, const Verdict &) = default;
};

struct Overview
{
    Figures figures;
    RedisState redis;
    std::optional<Verdict> verdict; ///< nothing: a daemon that is too old has told
    std::optional<ArchiveFigures> archive; ///< nothing: the deployment has none
    std::vector<NodeRow> nodes; ///< by name
    std::vector<WorkspaceRow> workspaces; ///< the largest, largest first
    friend bool operator==(const Overview &, const Overview &) = default;
};

/// A user who was connected to a node that became unreachable.
struct LostUser
{
    enum class Outcome : quint8 {
        Waiting, ///< it may come back
        Returned,
        Expired, ///< the grace ran out
    };

    UserId user;
    Outcome outcome = Outcome::Waiting;
    QByteArray node; ///< Returned: to which
    std::chrono::milliseconds after{0}; ///< Returned: after the last sign of life
    friend bool operator==(const LostUser &, const LostUser &) = default;
};

/// Who was connected to a node that became unreachable.
struct LostUsers
{
    qint64 users = 0; ///< that were found
    qint64 returned = 0;
    qint64 expired = 0;
    bool isComplete = false; ///< false: not all users were looked at
    std::vector<LostUser> examples; ///< those who did not come back first
    friend bool operator==(const LostUsers &, const LostUsers &) = default;
};

/// Something that happened to the cluster.
struct IncidentRow
{
    enum class Kind : quint8 {
        Unknown, ///< of a newer daemon
        NodeUp,
        NodeRestarted, ///< without having stopped
        NodeUnreachable,
        NodeBack,
        NodeDraining,
        NodeStopped,
        RedisLost,
        RedisBack,
        RedisEmptied,
        Operator,
        Storm, ///< far more joins than usual
    };

    QByteArray id; ///< one with the id of another one replaces it
    Milliseconds time{};
    Kind kind = Kind::Unknown;
    QByteArray node; ///< Node…: which; Redis…: that noticed it
    std::chrono::milliseconds duration{0}; ///< NodeBack, RedisBack: how long it was away
    qint64 devices = 0; ///< NodeUnreachable: that it had, as it said last
    std::optional<LostUsers> lost; ///< NodeUnreachable, once they were looked for
    UserId user; ///< Operator: to whom
    UserId by; ///< Operator
    QByteArray action; ///< Operator: as EventRow's
    QByteArray detail; ///< Operator: what, and what came of it
    double joins = 0; ///< Storm: a second
    double usual = 0; ///< Storm: a second, in the hour before
    friend bool operator==(const IncidentRow &, const IncidentRow &) = default;
};

/// What somebody says or is seen to say.
struct StatusView
{
    Status status = Status::Offline;
    QByteArray customMessage;
    QByteArray emoji;
    friend bool operator==(const StatusView &, const StatusView &) = default;
};

/// A user in a workspace, as its members see it, and where it is connected.
struct UserRow
{
    UserId user;
    StatusView view;
    Seconds onlineAt{}; ///< in this workspace
    Seconds lastHeartbeat{};
    int devices = 0; ///< live, in any workspace
    int idleDevices = 0;
    std::vector<QByteArray> nodes; ///< names; a node that is not known any more as "?"
    friend bool operator==(const UserRow &, const UserRow &) = default;
};

/// A user in a channel: who looks at it, or types in it, or both.
struct ChannelUserRow
{
    UserId user;
    std::optional<Seconds> viewingSince;
    std::optional<Milliseconds> typingUntil; ///< unless it says again that it types
    friend bool operator==(const ChannelUserRow &, const ChannelUserRow &) = default;
};

/// A channel that somebody looks at or types in.
struct ChannelRow
{
    ChannelId channel;
    qint64 viewers = 0;
    qint64 typing = 0;
    friend bool operator==(const ChannelRow &, const ChannelRow &) = default;
};

/// One connection of a device, or the REST calls of one, or what another service wrote.
struct SessionRow
{
    enum class Kind : quint8 { WebSocket, Rest, External };

    SessionId session;
    DeviceId device;
    Kind kind = Kind::WebSocket;
    QByteArray node; ///< name, "?" when it is not known any more; empty without a WebSocket
    bool isNodeAlive = true; ///< true without a node
    bool isNodeBehind = false; ///< it cannot refresh its sessions; not told
    std::optional<WorkspaceId> workspace;
    std::vector<ChannelId> channels; ///< that it looked at or typed in; it may have left some
    bool isIdle = false;
    bool hasEnded = false; ///< its connection is gone; live until the end of the grace
    std::optional<Milliseconds> connectedAt;
    Seconds lastHeartbeat{};
    Milliseconds deadline{}; ///< when it is over, without another heartbeat
    friend bool operator==(const SessionRow &, const SessionRow &) = default;
};

/// A change that others saw, or that the user made.
struct ChangeRow
{
    /// Who made it, if anybody did: a cause may do without.
    enum class By : quint8 { User, Operator, Service };

    Seconds at{};
    Status seen = Status::Offline; ///< by others, after it
    Status chosen = Status::Online; ///< by the user, after it
    /// connected, disconnected, signed_off, set, hidden (others noticed), active, idle, expired,
    /// silent, repaired, service (another one wrote to Redis)
    QByteArray cause{};
    QByteArray customMessage{}; ///< as chosen, perhaps without its end; empty for none
    QByteArray emoji{};
    DeviceId device{}; ///< that did it, or that it is about; empty when none is known
    QByteArray
        node{}; ///< name of the one that has the WebSocket, "?" when it is not known any more
    By by = By::User;
    UserId byId{}; ///< of the operator or the service
    friend bool operator==(const ChangeRow &, const ChangeRow &) = default;
};

/// Which rule made the effective status what it is.
enum class Rule : quint8 {
    NoDevice, ///< no device is live
    Hidden, ///< the user chose to be invisible, or offline
    Chosen, ///< the user chose it
    AllIdle, ///< online is the automatic status, and all devices are idle
    Active, ///< a device is live and none of the above holds
    Lost, ///< Redis lost the devices: it stays as it was until they are told again
};

/// What will change next if nobody does anything.
struct NextChange
{
    Milliseconds at{};
    Status status = Status::Offline; ///< that it will be
    QByteArray cause; ///< expiry, grace, silence
    friend bool operator==(const NextChange &, const NextChange &) = default;
};

/// Everything that is known of one user.
struct UserDetails
{
    UserId user;
    Milliseconds time{}; ///< when this was so
    bool isKnown = false; ///< false: nothing of the user is stored
    StatusView effective; ///< as the user itself sees it
    StatusView seen; ///< as others were told last
    std::optional<Seconds> seenAt; ///< when they were told
    StatusView stored; ///< as chosen; online when nothing was
    std::optional<Seconds> updatedAt; ///< when it was chosen
    std::optional<Seconds> expiresAt; ///< of the chosen status
    std::optional<Seconds> lastSeen;
    std::vector<SessionRow> sessions; ///< by device
    std::vector<WorkspaceId> workspaces; ///< that the user is shown in
    Rule rule = Rule::NoDevice;
    std::optional<NextChange> next;
    std::vector<ChangeRow> changes; ///< newest first
    friend bool operator==(const UserDetails &, const UserDetails &) = default;
};

/// A session that nobody keeps alive and that is there all the same.
struct GhostRow
{
    enum class Reason : quint8 { NodeGone, Silent };

    UserId user;
    SessionRow session;
    Reason reason = Reason::Silent;
    friend bool operator==(const GhostRow &, const GhostRow &) = default;
};

/// A user that comes and goes again and again.
struct FlappingRow
{
    UserId user;
    int changes = 0; ///< between online and offline, in the five minutes before lastAt
    Seconds lastAt{};
    friend bool operator==(const FlappingRow &, const FlappingRow &) = default;
};

struct FoundDevice
{
    DeviceId device;
    UserId user; ///< whose it is
    friend bool operator==(const FoundDevice &, const FoundDevice &) = default;
};

/// Whom Redis has forgotten, and MongoDB knows.
struct FoundArchived
{
    UserId user;
    std::optional<Seconds> lastSeen;
    friend bool operator==(const FoundArchived &, const FoundArchived &) = default;
};

/// A part of what begins with some text. Other parts may have the same.
struct FoundNames
{
    std::vector<UserId> users; ///< online or not
    std::vector<FoundArchived> archived; ///< other users
    bool isArchiveAway = false; ///< MongoDB could not be asked
    std::vector<FoundDevice> devices; ///< of users that are connected
    std::vector<ChannelId> channels; ///< with viewers or typists
    std::vector<WorkspaceId> workspaces; ///< with users online
    std::vector<QByteArray> nodes;
    qint64 examined = 0; ///< names so far, with those of the parts before
    bool isComplete = true; ///< false: some names were not examined, and will not be
    QByteArray next; ///< where the next part begins; "" after the last one
    friend bool operator==(const FoundNames &, const FoundNames &) = default;
};

/// Something that happened.
struct EventRow
{
    enum class Kind : quint8 {
        Status, ///< others see something new of a user
        Workspace, ///< a user entered, changed or left a workspace
        View, ///< a user began or ceased to look at a channel
        Typing, ///< a user began or ceased to type
        Command, ///< an operator did something
    };

    Milliseconds time{};
    Kind kind = Kind::Status;
    UserId user;
    WorkspaceId workspace; ///< Workspace
    ChannelId channel; ///< View, Typing
    StatusView view; ///< Status, Workspace
    QByteArray action; ///< View: join, leave; Typing: start, stop; Command: its name
    QByteArray detail; ///< Command: who did it, and what came of it
    friend bool operator==(const EventRow &, const EventRow &) = default;
};

} // namespace presence
