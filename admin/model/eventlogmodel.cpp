// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/eventlogmodel.h"

#include "shared/protocol/adminreader.h"
#include "shared/protocol/json.h"

#include <QJsonArray>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::JsonView;

EventLogModel::EventLogModel(OverviewModel &overview, QObject *parent)
    : TableModel(parent), m_overview(overview)
{
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
    if (isActive)
        listen();
    else
        m_subscription.reset();
    Q_EMIT changed();
}

void EventLogModel::listen()
{
    m_subscription = std::make_unique<Subscription>(
        m_overview.connection(), "admin:events", paramsOf(m_choice),
        Subscription::Handlers{[this](const JsonView &) {
                                   m_problem.clear();
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
                                   m_problem = why;
                                   Q_EMIT changed();
                               }});
}

void EventLogModel::choose(const EventChoice &choice)
{
    if (choice == m_choice)
        return;
    m_choice = choice;
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
    if (!isPaused)
        prepend(std::exchange(m_waiting, {}));
    Q_EMIT changed();
}

void EventLogModel::add(std::vector<EventRow> events)
{
    if (!m_isPaused) {
        prepend(std::move(events));
    } else {
        std::ranges::move(events, std::back_inserter(m_waiting));
        if (m_waiting.size() > kMost)
            m_waiting.erase(m_waiting.begin(),
                            m_waiting.end() - static_cast<std::ptrdiff_t>(kMost));
    }
    Q_EMIT changed();
}

void EventLogModel::prepend(std::vector<EventRow> events)
{
    if (events.empty())
        return;
    beginInsertRows({}, 0, static_cast<int>(events.size()) - 1);
    for (EventRow &event : events)
        m_rows.push_front(std::move(event));
    endInsertRows();
    if (m_rows.size() <= kMost)
        return;
    beginRemoveRows({}, static_cast<int>(kMost), rowCount() - 1);
    m_rows.resize(kMost);
    endRemoveRows();
}

void EventLogModel::clear()
{
    beginResetModel();
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

QString EventLogModel::text(const EventRow &event, int column) const
{
    switch (column) {
    case TimeColumn:
        return timeText(event.time);
    case KindColumn:
        return kindText(event.kind);
    case UserColumn:
        return event.user.toString();
    case WhereColumn:
        return event.channel.isEmpty() ? event.workspace.toString() : event.channel.toString();
    default:
        return whatOf(event);
    }
}

QVariant EventLogModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const EventRow &event = m_rows[static_cast<size_t>(index.row())];
    const bool hasStatus
        = event.kind == EventRow::Kind::Status || event.kind == EventRow::Kind::Workspace;
    switch (role) {
    case Qt::DisplayRole:
        return text(event, index.column());
    case Qt::ToolTipRole:
        return index.column() == TimeColumn ? exactTimeText(event.time)
                                            : text(event, index.column());
    case StatusRole:
        return hasStatus && index.column() == WhatColumn ? QVariant(int(event.view.status))
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

/// What is exported of an event, in this order.
static QList<std::pair<QString, QString>> fieldsOf(const EventRow &event)
{
    const bool hasStatus
        = event.kind == EventRow::Kind::Status || event.kind == EventRow::Kind::Workspace;
    return {{u"time"_s, isoText(event.time)},
            {u"kind"_s, nameOf(event.kind)},
            {u"user_id"_s, event.user.toString()},
            {u"workspace_id"_s, event.workspace.toString()},
            {u"channel_id"_s, event.channel.toString()},
            {u"status"_s, hasStatus ? QString(toName(event.view.status)) : QString()},
            {u"custom_message"_s, QString::fromUtf8(event.view.customMessage)},
            {u"emoji"_s, QString::fromUtf8(event.view.emoji)},
            {u"action"_s, QString::fromUtf8(event.action)},
            {u"detail"_s, QString::fromUtf8(event.detail)}};
}

/// As RFC 4180 has it. A text that a spreadsheet would take for a formula gets a quote before it.
static QString csvCell(QString text)
{
    if (!text.isEmpty() && u"=+-@\t\r"_s.contains(text.front()))
        text.prepend(u'\'');
    if (!text.contains(u'"') && !text.contains(u',') && !text.contains(u'\n')
        && !text.contains(u'\r'))
        return text;
    return u'"' + text.replace(u"\""_s, u"\"\""_s) + u'"';
}

static QByteArray csvLine(const EventRow &event, bool isTitle)
{
    QStringList cells;
    for (const auto &[name, value] : fieldsOf(event))
        cells.append(isTitle ? name : csvCell(value));
    return cells.join(u',').toUtf8() + "\r\n";
}

static QByteArray jsonLine(const EventRow &event)
{
    QJsonObject json;
    for (const auto &[name, value] : fieldsOf(event)) {
        if (!value.isEmpty())
            json[name] = value;
    }
    return protocol::toBytes(json) + '\n';
}

bool EventLogModel::exportTo(QIODevice &device, Format format) const
{
    bool isWritten = true;
    const auto write = [&device, &isWritten](const QByteArray &line) {
        isWritten = isWritten && device.write(line) == line.size();
    };
    if (format == Format::Csv)
        write(csvLine({}, true));
    for (auto event = m_rows.crbegin(); event != m_rows.crend(); ++event)
        write(format == Format::Csv ? csvLine(*event, false) : jsonLine(*event));
    return isWritten;
}

} // namespace presence::dashboard
