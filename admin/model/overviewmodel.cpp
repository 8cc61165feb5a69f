// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/overviewmodel.h"

#include "shared/protocol/adminreader.h"
#include "shared/protocol/incidentjson.h"

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::JsonView;

static constexpr size_t kMostIncidents = 1000;
/// News come each second.
static constexpr qint64 kStaleAfter = 4000; ///< ms
/// As the verdict of the daemon has it.
static constexpr auto kLongLag = 250ms;

OverviewModel::OverviewModel(Connection &connection, QObject *parent)
    : QObject(parent), m_connection(connection),
      m_subscription(connection, "admin:overview", {},
                     {[this](const JsonView &response) {
                          start(response);
                          Q_EMIT joined();
                      },
                      [this](QByteArrayView event, const JsonView &payload) {
                          if (event == "overview")
                              take(protocol::readOverview(payload));
                          else if (event == "record")
                              m_history.addRecord(protocol::readFigures(payload));
                          else if (event == "summary")
                              m_history.addSummary(protocol::readSummary(payload));
                          else if (event == "incident") {
                              add(protocol::readIncident(payload));
                              Q_EMIT incidentsChanged();
                          }
                      },
                      [this](const QString &why) {
                          m_problem = why;
                          Q_EMIT changed();
                      }})
{
}

bool OverviewModel::isStale() const
{
    return !m_connection.isOpen() || m_isRedisAway || !m_sinceNews.isValid()
        || m_sinceNews.hasExpired(kStaleAfter);
}

bool OverviewModel::isHeard() const
{
    return m_connection.isOpen() && m_sinceHeard.isValid() && !m_sinceHeard.hasExpired(kStaleAfter);
}

std::chrono::milliseconds OverviewModel::age() const
{
    return std::chrono::milliseconds(m_sinceNews.isValid() ? m_sinceNews.elapsed() : 0);
}

void OverviewModel::ask(QByteArrayView event, const QJsonObject &payload,
                        const Connection::Answered &answered)
{
    m_subscription.ask(event, payload, answered);
}

void OverviewModel::take(const Overview &overview)
{
    m_isRedisAway = !overview.redis.isReachable;
    m_sinceHeard.start();
    if (m_isRedisAway) {
        m_now.redis = overview.redis;
        m_now.verdict = overview.verdict;
    } else {
        m_now = overview;
        m_hasData = true;
        m_sinceNews.start();
        m_clock.set(overview.figures.time);
        m_history.addSecond(overview);
        if (!m_tellsRecords)
            m_history.keep(overview.figures);
    }
    Q_EMIT changed();
}

void OverviewModel::start(const JsonView &answer)
{
    m_problem.clear();
    m_node = answer["node"].bytes().toByteArray();
    m_version = answer["version"].bytes().toByteArray();
    m_tellsRecords = answer["day"].isGiven();
    m_tellsIncidents = answer["incidents"].isGiven();
    m_history.start(protocol::readRows(answer["history"], &protocol::readFigures),
                    protocol::readRows(answer["day"], &protocol::readSummary));
    m_incidents.clear();
    for (const IncidentRow &incident :
         protocol::readRows(answer["incidents"], &protocol::readIncident))
        add(incident);
    Q_EMIT incidentsChanged();
}

/// One with the id of another one says more of it.
void OverviewModel::add(const IncidentRow &incident)
{
    const auto known = std::ranges::find(m_incidents, incident.id, &IncidentRow::id);
    if (known != m_incidents.end())
        *known = incident;
    else
        m_incidents.push_back(incident);
    if (m_incidents.size() <= kMostIncidents)
        return;
    // What operators do is a lot at times, and pushes nothing else out.
    const auto first
        = std::ranges::find(m_incidents, IncidentRow::Kind::Operator, &IncidentRow::kind);
    m_incidents.erase(first == m_incidents.end() ? m_incidents.begin() : first);
}

static QString warningOf(const NodeRow &node)
{
    if (!node.isAlive)
        return NodesModel::tr("Unreachable: no heartbeat from it lately.");
    if (node.isDraining)
        return NodesModel::tr("Draining: its clients reconnect to other nodes.");
    if (node.lag >= kLongLag)
        return NodesModel::tr("Lagging: its event loop was %1 ms late.").arg(node.lag.count());
    return {};
}

static QString nodeState(const NodeRow &node)
{
    if (!node.isAlive)
        return NodesModel::tr("unreachable");
    if (node.isDraining)
        return NodesModel::tr("draining");
    if (node.lag >= kLongLag)
        return NodesModel::tr("lagging");
    return node.isSweeping ? NodesModel::tr("healthy, sweeping") : NodesModel::tr("healthy");
}

template <typename Value>
static Column<NodeRow> numberColumn(const QString &title, QString (*text)(Value),
                                    Value NodeRow::*member)
{
    return {title,
            [=](const NodeRow &node) { return text(node.*member); },
            [=](const NodeRow &node) { return QVariant::fromValue(node.*member); },
            {},
            kNumberAlignment};
}

static std::vector<Column<NodeRow>> nodeColumns(const OverviewModel &overview)
{
    const auto uptime = [&overview](const NodeRow &node) {
        return std::chrono::milliseconds(overview.now().figures.time - node.startedAt);
    };
    std::vector<Column<NodeRow>> columns{
        {NodesModel::tr("Node"), [](const NodeRow &node) { return QString::fromUtf8(node.name); }},
        {NodesModel::tr("State"), &nodeState},
        {NodesModel::tr("Version"),
         [](const NodeRow &node) { return QString::fromUtf8(node.version); }},
        numberColumn(NodesModel::tr("Connections"), &numberText, &NodeRow::connections),
        numberColumn(NodesModel::tr("Devices"), &numberText, &NodeRow::devices),
        {NodesModel::tr("Lag"),
         [](const NodeRow &node) { return NodesModel::tr("%1 ms").arg(node.lag.count()); },
         [](const NodeRow &node) { return QVariant(qint64(node.lag.count())); },
         {},
         kNumberAlignment},
        numberColumn(NodesModel::tr("Deliveries/s"), &rateText, &NodeRow::deliveries),
        {NodesModel::tr("CPU"),
         [](const NodeRow &node) {
             return NodesModel::tr("%1 %").arg(qRound(node.processor * 100));
         },
         [](const NodeRow &node) { return QVariant(node.processor); },
         [](const NodeRow &) { return NodesModel::tr("100 % is one core"); }, kNumberAlignment},
        numberColumn(NodesModel::tr("Memory"), &bytesText, &NodeRow::memory),
        {NodesModel::tr("Shards"),
         [](const NodeRow &node) { return QString::number(node.shards); },
         [](const NodeRow &node) { return QVariant(node.shards); },
         {},
         kNumberAlignment},
        {NodesModel::tr("Uptime"),
         [uptime](const NodeRow &node) { return durationText(uptime(node)); },
         [uptime](const NodeRow &node) { return QVariant(qint64(uptime(node).count())); },
         [](const NodeRow &node) { return exactTimeText(node.startedAt); }, kNumberAlignment}};
    return columns;
}

NodesModel::NodesModel(OverviewModel &overview, QObject *parent)
    : RowsModel(
        nodeColumns(overview), [](const NodeRow &node) { return node.name; }, parent)
{
    connect(&overview, &OverviewModel::changed, this,
            [this, &overview] { setRows(overview.now().nodes); });
}

QVariant NodesModel::more(const NodeRow &node, int, int role) const
{
    return role == WarningRole ? QVariant(warningOf(node)) : QVariant();
}

template <typename Value>
static Field<NodeRow> fieldOf(const QString &name, Value NodeRow::*member)
{
    return {name, [member](const NodeRow &node) { return QJsonValue(node.*member); }};
}

std::vector<Field<NodeRow>> NodesModel::fields() const
{
    return {{u"name"_s, [](const NodeRow &node) { return exportedText(node.name); }},
            {u"version"_s, [](const NodeRow &node) { return exportedText(node.version); }},
            fieldOf(u"alive"_s, &NodeRow::isAlive),
            fieldOf(u"draining"_s, &NodeRow::isDraining),
            fieldOf(u"sweeping"_s, &NodeRow::isSweeping),
            fieldOf(u"connections"_s, &NodeRow::connections),
            fieldOf(u"devices"_s, &NodeRow::devices),
            {u"lag_ms"_s, [](const NodeRow &node) { return QJsonValue(qint64(node.lag.count())); }},
            fieldOf(u"joins"_s, &NodeRow::joins),
            fieldOf(u"events"_s, &NodeRow::events),
            fieldOf(u"deliveries"_s, &NodeRow::deliveries),
            fieldOf(u"messages"_s, &NodeRow::messages),
            fieldOf(u"processor"_s, &NodeRow::processor),
            fieldOf(u"memory"_s, &NodeRow::memory),
            fieldOf(u"shards"_s, &NodeRow::shards),
            {u"started_at"_s, [](const NodeRow &node) { return exportedTime(node.startedAt); }},
            {u"seen_at"_s, [](const NodeRow &node) { return exportedTime(node.seenAt); }}};
}

WorkspacesModel::WorkspacesModel(OverviewModel &overview, QObject *parent)
    : RowsModel(
        {{tr("Workspace"), [](const WorkspaceRow &row) { return row.workspace.toString(); }},
         {tr("Users"),
          [](const WorkspaceRow &row) { return numberText(row.users); },
          [](const WorkspaceRow &row) { return QVariant(row.users); },
          {},
          kNumberAlignment}},
        [](const WorkspaceRow &row) { return row.workspace.bytes(); }, parent)
{
    connect(&overview, &OverviewModel::changed, this,
            [this, &overview] { setRows(overview.now().workspaces); });
}

QVariant WorkspacesModel::more(const WorkspaceRow &workspace, int, int role) const
{
    return role == WorkspaceRole ? QVariant(workspace.workspace.toString()) : QVariant();
}

std::vector<Field<WorkspaceRow>> WorkspacesModel::fields() const
{
    return {{u"workspace_id"_s, [](const WorkspaceRow &row) { return exportedId(row.workspace); }},
            {u"users"_s, [](const WorkspaceRow &row) { return QJsonValue(row.users); }}};
}

} // namespace presence::dashboard
