// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/ghostsmodel.h"

#include "shared/protocol/adminreader.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::JsonView;

static QString reasonOf(const GhostRow &ghost)
{
    return ghost.reason == GhostRow::Reason::NodeGone ? GhostsModel::tr("node unreachable")
                                                      : GhostsModel::tr("no heartbeat");
}

static std::vector<Column<GhostRow>> ghostColumns(const Clock &clock)
{
    return {
        {GhostsModel::tr("User"), [](const GhostRow &row) { return row.user.toString(); }},
        {GhostsModel::tr("Device"),
         [](const GhostRow &row) { return row.session.device.toString(); },
         {},
         [](const GhostRow &row) {
             return GhostsModel::tr("Session %1").arg(row.session.session.toString());
         }},
        {GhostsModel::tr("Why"), &reasonOf},
        {GhostsModel::tr("Node"),
         [](const GhostRow &row) {
             return row.session.node == "?" ? GhostsModel::tr("unknown")
                                            : QString::fromUtf8(row.session.node);
         }},
        {GhostsModel::tr("Workspace"),
         [](const GhostRow &row) {
             return row.session.workspace ? row.session.workspace->toString() : QString();
         }},
        {GhostsModel::tr("Heartbeat"),
         [&clock](const GhostRow &row) { return agoText(row.session.lastHeartbeat, clock.now()); },
         [](const GhostRow &row) {
             return QVariant(qint64(row.session.lastHeartbeat.time_since_epoch().count()));
         },
         [](const GhostRow &row) { return exactTimeText(row.session.lastHeartbeat); }},
        {GhostsModel::tr("Expires in"),
         [&clock](const GhostRow &row) { return durationText(row.session.deadline - clock.now()); },
         [](const GhostRow &row) {
             return QVariant(qint64(row.session.deadline.time_since_epoch().count()));
         },
         [](const GhostRow &row) { return exactTimeText(row.session.deadline); }}};
}

GhostsModel::GhostsModel(OverviewModel &overview, QObject *parent)
    : RowsModel(
        ghostColumns(overview.clock()),
        [](const GhostRow &row) { return row.user.bytes() + ' ' + row.session.session.bytes(); },
        parent),
      m_overview(overview)
{
    // What was found before is not known to be so.
    connect(&overview.connection(), &Connection::stateChanged, this, [this] {
        if (m_overview.connection().isOpen() || !m_hasSearched)
            return;
        m_hasSearched = false;
        m_isLost = true;
        m_problem = tr("Not connected: it is not known whether there are ghosts.");
        Q_EMIT progressed();
    });
    connect(&overview, &OverviewModel::joined, this, &GhostsModel::progressed);
}

bool GhostsModel::mustSearchAgain() const
{
    return m_isLost && !m_isSearching && m_overview.connection().isOpen();
}

void GhostsModel::search()
{
    if (m_isSearching)
        return;
    m_isSearching = true;
    m_isLost = false;
    m_examined = 0;
    m_found.clear();
    m_problem.clear();
    Q_EMIT progressed();
    ask({});
}

void GhostsModel::ask(const QByteArray &cursor)
{
    m_overview.ask("get_ghosts", {{"after"_L1, QString::fromLatin1(cursor)}},
                   [self = QPointer(this)](const Result<JsonView> &page) {
                       if (!self)
                           return;
                       if (page)
                           return self->take(*page);
                       self->m_isSearching = false;
                       self->m_problem = page.error().detail;
                       Q_EMIT self->progressed();
                   });
}

void GhostsModel::take(const JsonView &page)
{
    m_examined += page["examined"].toWhole().value_or(0);
    for (GhostRow &ghost : protocol::readRows(page["ghosts"], &protocol::readGhostRow))
        m_found.push_back(std::move(ghost));
    const QByteArray next = page["next"].bytes().toByteArray();
    m_isSearching = !next.isEmpty();
    if (m_isSearching) {
        ask(next);
    } else {
        m_hasSearched = true;
        setRows(std::move(m_found));
        refreshAges();
    }
    Q_EMIT progressed();
}

QVariant GhostsModel::more(const GhostRow &ghost, int, int role) const
{
    if (role == UserRole)
        return ghost.user.toString();
    if (role == SessionRole)
        return ghost.session.session.toString();
    return role == DeviceRole ? QVariant(ghost.session.device.toString()) : QVariant();
}

std::vector<Field<GhostRow>> GhostsModel::fields() const
{
    return {
        {u"user_id"_s, [](const GhostRow &row) { return exportedId(row.user); }},
        {u"device_id"_s, [](const GhostRow &row) { return exportedId(row.session.device); }},
        {u"session_id"_s, [](const GhostRow &row) { return exportedId(row.session.session); }},
        {u"reason"_s,
         [](const GhostRow &row) {
             return QJsonValue(row.reason == GhostRow::Reason::NodeGone ? "node_gone"_L1
                                                                        : "silent"_L1);
         }},
        {u"node"_s, [](const GhostRow &row) { return exportedText(row.session.node); }},
        {u"workspace_id"_s, [](const GhostRow &row) { return exportedId(row.session.workspace); }},
        {u"last_heartbeat"_s,
         [](const GhostRow &row) { return exportedTime(row.session.lastHeartbeat); }},
        {u"deadline"_s, [](const GhostRow &row) { return exportedTime(row.session.deadline); }}};
}

FlappingModel::FlappingModel(OverviewModel &overview, QObject *parent)
    : RowsModel(
        {{tr("User"), [](const FlappingRow &row) { return row.user.toString(); }},
         {tr("Transitions"),
          [](const FlappingRow &row) { return tr("%n time(s)", nullptr, row.changes); },
          [](const FlappingRow &row) { return QVariant(row.changes); },
          [](const FlappingRow &) { return tr("Within five minutes"); }},
         {tr("Last"),
          [&overview](const FlappingRow &row) {
              return agoText(row.lastAt, overview.clock().now());
          },
          [](const FlappingRow &row) {
              return QVariant(qint64(row.lastAt.time_since_epoch().count()));
          },
          [](const FlappingRow &row) { return exactTimeText(row.lastAt); }}},
        [](const FlappingRow &row) { return row.user.bytes(); }, parent),
      m_overview(overview)
{
}

void FlappingModel::refresh()
{
    m_overview.ask("get_flapping", {}, [self = QPointer(this)](const Result<JsonView> &reply) {
        if (!self)
            return;
        self->m_problem = reply ? QString() : reply.error().detail;
        if (reply) {
            self->m_isKnown = true;
            self->setRows(protocol::readRows((*reply)["users"], &protocol::readFlappingRow));
            self->refreshAges();
        }
        Q_EMIT self->refreshed();
    });
}

QVariant FlappingModel::more(const FlappingRow &user, int, int role) const
{
    return role == UserRole ? QVariant(user.user.toString()) : QVariant();
}

std::vector<Field<FlappingRow>> FlappingModel::fields() const
{
    return {{u"user_id"_s, [](const FlappingRow &row) { return exportedId(row.user); }},
            {u"changes"_s, [](const FlappingRow &row) { return QJsonValue(row.changes); }},
            {u"last_at"_s, [](const FlappingRow &row) { return exportedTime(row.lastAt); }}};
}

} // namespace presence::dashboard
