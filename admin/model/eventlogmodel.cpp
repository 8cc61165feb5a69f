// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/eventlogmodel.h"

#include "admin/model/texts.h"

#include "shared/protocol/adminreader.h"

#include <QJsonArray>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::JsonView;

EventLogModel::EventLogModel(OverviewModel &overview, QObject *parent)
    : TableModel(parent), m_overview(overview)
{
    connect(&overview.connection(), &Connection::stateChanged, this, [this] {
        if (m_subscription && !m_overview.connection().isOpen())
            stopListening();
    });
}

EventLogModel::~EventLogModel() = default;

/// As on the wire.
static QString nameOf(EventRow::Kind kind)
{
    static const std::array names{u"status"_s, u"workspace"_s, u"view"_s, u"typing"_s,
                                  u"command"_s};
    return names[static_cast<size_t>(kind)];
}

static QJsonObject paramsOf(const EventChoice &choice)
{
    QJsonObject params;
    QJsonArray kinds;
    for (const EventRow::Kind kind : choice.kinds)
        kinds.append(nameOf(kind));
    if (!kinds.isEmpty())
        params["kinds"_L1] = kinds;
    if (!choice.user.isEmpty())
        params["user_id"_L1] = choice.user;
    if (!choice.channel.isEmpty())
        params["channel_id"_L1] = choice.channel;
    if (!choice.workspace.isEmpty())
        params["workspace_id"_L1] = choice.workspace;
    return params;
}

void EventLogModel::setActive(bool isActive)
{
    if (isActive == (m_subscription != nullptr))
        return;
    m_problem.clear();
    if (isActive) {
        listen();
    } else {
        stopListening();
        m_subscription.reset();
    }
    Q_EMIT changed();
}

void EventLogModel::stopListening()
{
    // A cut is noticed late.
    if (!m_heardTill && !(m_all.isEmpty() && m_waiting.isEmpty()))
        m_heardTill = m_overview.clock().now() - m_overview.age();
}

/// It listens again.
void EventLogModel::markGap()
{
    const Milliseconds now = m_overview.clock().now();
    if (const auto since = std::exchange(m_heardTill, std::nullopt))
        addGap(*since, false);
    if (m_choice != EventChoice() && !m_chosenSince)
        m_chosenSince = now;
}

void EventLogModel::addGap(Milliseconds since, bool isPartial)
{
    EventEntry gap;
    gap.event.time = m_overview.clock().now();
    gap.gapSince = since;
    gap.isPartial = isPartial;
    add(std::vector{std::move(gap)});
}

bool EventChoice::includes(const EventEntry &entry) const
{
    const EventRow &event = entry.event;
    const auto isOne = [](const QString &wanted, const auto &id) {
        return wanted.isEmpty() || wanted == id.toString();
    };
    const bool isKind = kinds.isEmpty() || kinds.contains(event.kind)
        || (!entry.workspaces.empty() && kinds.contains(EventRow::Kind::Workspace));
    const bool isThere = workspace.isEmpty()
        || std::ranges::any_of(entry.workspaces,
                               [&](const WorkspaceId &id) { return isOne(workspace, id); });
    return isKind && isThere && isOne(user, event.user) && isOne(channel, event.channel);
}

bool EventLogModel::isShown(const EventEntry &entry) const
{
    return entry.gapSince || m_choice.includes(entry);
}

void EventLogModel::listen()
{
    m_subscription = std::make_unique<Subscription>(
        m_overview.connection(), "admin:events", paramsOf(m_choice),
        Subscription::Handlers{[this](const JsonView &) {
                                   m_problem.clear();
                                   markGap();
                                   Q_EMIT changed();
                               },
                               [this](QByteArrayView event, const JsonView &payload) {
                                   if (event != "events")
                                       return;
                                   m_skipped += payload["skipped"].toWhole().value_or(0);
                                   add(protocol::readRows(payload["events"],
                                                          &protocol::readEventRow));
                               },
                               [this](const QString &why) {
                                   stopListening();
                                   m_problem = why;
                                   Q_EMIT changed();
                               }});
}

void EventLogModel::choose(const EventChoice &choice)
{
    if (choice == m_choice)
        return;
    // The daemon tells what was chosen only.
    if (const auto since = std::exchange(m_chosenSince, std::nullopt))
        addGap(*since, true);
    beginResetModel();
    m_choice = choice;
    m_rows.clear();
    for (quint64 number = m_all.begin(); number < m_all.end(); ++number) {
        if (isShown(m_all.at(number)))
            m_rows.push_front(number);
    }
    endResetModel();
    m_problem.clear();
    if (m_subscription) {
        // Joined anew: the filter is a parameter of the join, so a reconnect keeps it.
        m_subscription.reset();
        listen();
    }
    Q_EMIT changed();
}

void EventLogModel::setPaused(bool isPaused)
{
    if (isPaused == m_isPaused)
        return;
    m_isPaused = isPaused;
    if (!isPaused) {
        std::vector<EventEntry> entries;
        for (quint64 number = m_waiting.begin(); number < m_waiting.end(); ++number)
            entries.push_back(m_waiting.at(number));
        m_waiting.clear();
        take(std::move(entries));
    }
    Q_EMIT changed();
}

void EventLogModel::add(std::vector<EventRow> events)
{
    std::vector<EventEntry> entries;
    entries.reserve(events.size());
    for (EventRow &event : events)
        entries.emplace_back(std::move(event));
    add(std::move(entries));
}

void EventLogModel::add(std::vector<EventEntry> entries)
{
    if (!m_isPaused) {
        take(std::move(entries));
    } else {
        for (EventEntry &entry : entries)
            m_waiting.add(std::move(entry));
        m_waiting.trim(kMost);
    }
    Q_EMIT changed();
}

/// New ones are rows at the top; others have become part of an entry.
void EventLogModel::take(std::vector<EventEntry> entries)
{
    const quint64 before = m_all.end();
    std::vector<quint64> grown;
    for (EventEntry &entry : entries) {
        if (const quint64 number = m_all.add(std::move(entry)); number < before)
            grown.push_back(number);
    }
    std::deque<quint64> shown;
    for (quint64 number = before; number < m_all.end(); ++number) {
        if (isShown(m_all.at(number)))
            shown.push_front(number);
    }
    if (!shown.empty()) {
        beginInsertRows({}, 0, static_cast<int>(shown.size()) - 1);
        m_rows.insert(m_rows.begin(), shown.begin(), shown.end());
        endInsertRows();
    }
    for (const quint64 number : grown)
        show(number);
    forgetOldest();
}

/// As it is now; it may be one of those that are chosen since.
void EventLogModel::show(quint64 number)
{
    if (!isShown(m_all.at(number)))
        return;
    const auto place = std::ranges::lower_bound(m_rows, number, std::greater());
    const int row = static_cast<int>(place - m_rows.begin());
    if (place != m_rows.end() && *place == number) {
        Q_EMIT dataChanged(index(row, 0), index(row, kColumns - 1));
        return;
    }
    beginInsertRows({}, row, row);
    m_rows.insert(place, number);
    endInsertRows();
}

void EventLogModel::forgetOldest()
{
    const quint64 oldest = m_all.end() - std::min(m_all.size(), kMost);
    const auto end = std::ranges::lower_bound(m_rows, oldest, std::greater_equal());
    if (end != m_rows.end()) {
        beginRemoveRows({}, static_cast<int>(end - m_rows.begin()), rowCount() - 1);
        m_rows.erase(end, m_rows.end());
        endRemoveRows();
    }
    m_all.trim(kMost);
}

qsizetype EventLogModel::events() const
{
    return std::ranges::count_if(m_rows,
                                 [this](quint64 number) { return !m_all.at(number).gapSince; });
}

void EventLogModel::clear()
{
    beginResetModel();
    m_all.clear();
    m_rows.clear();
    m_waiting.clear();
    m_skipped = 0;
    endResetModel();
    Q_EMIT changed();
}

int EventLogModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int EventLogModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : kColumns;
}

QVariant EventLogModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= kColumns)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const std::array titles{tr("Time"), tr("Kind"), tr("User"), tr("Where"), tr("What")};
    return titles[static_cast<size_t>(section)];
}

static QString whatOf(const EventRow &event)
{
    if (event.kind == EventRow::Kind::Status || event.kind == EventRow::Kind::Workspace) {
        QString what = statusText(event.view.status);
        if (!event.view.emoji.isEmpty())
            what += u' ' + QString::fromUtf8(event.view.emoji);
        if (!event.view.customMessage.isEmpty())
            what += u" \u2013 "_s + QString::fromUtf8(event.view.customMessage);
        return what;
    }
    if (event.detail.isEmpty())
        return actionText(event);
    return actionText(event) + u": "_s + QString::fromUtf8(event.detail);
}

QString EventLogModel::gapText(const EventEntry &entry)
{
    const QString text = entry.isPartial ? tr("Only what was chosen was listened to from %1 to %2")
                                         : tr("Not listened to from %1 to %2");
    return text.arg(timeText(*entry.gapSince), timeText(entry.event.time));
}

static QStringList namesOf(const std::vector<WorkspaceId> &workspaces)
{
    QStringList names;
    for (const WorkspaceId &workspace : workspaces)
        names.append(workspace.toString());
    return names;
}

QString EventLogModel::text(const EventEntry &entry, int column) const
{
    const EventRow &event = entry.event;
    if (entry.gapSince)
        return column == TimeColumn ? timeText(event.time)
            : column == WhatColumn  ? gapText(entry)
                                    : QString();
    switch (column) {
    case TimeColumn:
        return timeText(event.time);
    case KindColumn:
        return kindText(event.kind);
    case UserColumn:
        return event.user.toString();
    case WhereColumn:
        return event.channel.isEmpty() ? namesOf(entry.workspaces).join(u", "_s)
                                       : event.channel.toString();
    default:
        return whatOf(event);
    }
}

QVariant EventLogModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const EventEntry &entry = entryAt(index.row());
    const EventRow &event = entry.event;
    switch (role) {
    case Qt::DisplayRole:
        return text(entry, index.column());
    case Qt::ToolTipRole:
        return index.column() == TimeColumn ? exactTimeText(event.time)
                                            : text(entry, index.column());
    case WarningRole:
        return entry.gapSince ? gapText(entry) : QString();
    case StatusRole:
        return entry.hasStatus() && index.column() == WhatColumn ? QVariant(int(event.view.status))
                                                                 : QVariant();
    case UserRole:
        return event.user.toString();
    case ChannelRole:
        return event.channel.toString();
    case WorkspaceRole:
        return event.workspace.toString();
    default:
        return {};
    }
}

static QJsonValue workspacesOf(const EventEntry &entry)
{
    return QJsonArray::fromStringList(namesOf(entry.workspaces));
}

std::vector<Field<EventEntry>> EventLogModel::fields()
{
    return {
        {u"time"_s, [](const EventEntry &entry) { return exportedTime(entry.event.time); }},
        {u"kind"_s,
         [](const EventEntry &entry) {
             return QJsonValue(entry.gapSince ? u"gap"_s : nameOf(entry.event.kind));
         }},
        {u"user_id"_s, [](const EventEntry &entry) { return exportedId(entry.event.user); }},
        {u"workspace_ids"_s, &workspacesOf},
        {u"channel_id"_s, [](const EventEntry &entry) { return exportedId(entry.event.channel); }},
        {u"status"_s,
         [](const EventEntry &entry) {
             return entry.hasStatus() ? QJsonValue(toName(entry.event.view.status)) : QJsonValue();
         }},
        {u"custom_message"_s,
         [](const EventEntry &entry) { return exportedText(entry.event.view.customMessage); }},
        {u"emoji"_s, [](const EventEntry &entry) { return exportedText(entry.event.view.emoji); }},
        {u"action"_s, [](const EventEntry &entry) { return exportedText(entry.event.action); }},
        {u"detail"_s, [](const EventEntry &entry) {
             return entry.gapSince ? exportedTime(entry.gapSince)
                                   : exportedText(entry.event.detail);
         }}};
}

ExportedTable EventLogModel::exported(const std::vector<int> &rows) const
{
    std::vector<EventEntry> entries;
    entries.reserve(rows.size());
    for (const int row : rows)
        entries.push_back(entryAt(row));
    return exportedTable(fields(), std::move(entries));
}

} // namespace presence::dashboard
