// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/changesmodel.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static qint64 secondsOf(const ChangeRow &row)
{
    return row.at.time_since_epoch().count();
}

static QByteArray keyOf(const ChangeRow &row)
{
    const QByteArrayList parts{QByteArray::number(secondsOf(row)),
                               row.cause,
                               QByteArray::number(int(row.seen)),
                               QByteArray::number(int(row.chosen)),
                               row.device.bytes(),
                               row.byId.bytes(),
                               row.emoji,
                               row.customMessage};
    return parts.join(' ');
}

static std::vector<Column<ChangeRow>> changeColumns()
{
    return {
        {ChangesModel::tr("Time"), [](const ChangeRow &row) { return timeText(row.at); },
         [](const ChangeRow &row) { return QVariant(secondsOf(row)); },
         [](const ChangeRow &row) { return exactTimeText(row.at); }},
        {ChangesModel::tr("Others saw"), [](const ChangeRow &row) { return statusText(row.seen); }},
        {ChangesModel::tr("Chosen"), [](const ChangeRow &row) { return statusText(row.chosen); }},
        {ChangesModel::tr("Message"), &messageText, {}, &messageText},
        {ChangesModel::tr("Because"), &causeText, {}, &causeText},
        {ChangesModel::tr("Device"), [](const ChangeRow &row) { return row.device.toString(); }},
        {ChangesModel::tr("Node"), [](const ChangeRow &row) {
             return row.node == "?" ? ChangesModel::tr("unknown") : QString::fromUtf8(row.node);
         }}};
}

ChangesModel::ChangesModel(QObject *parent) : RowsModel(changeColumns(), &keyOf, parent) { }

QVariant ChangesModel::more(const ChangeRow &change, int column, int role) const
{
    if (role != StatusRole)
        return {};
    if (column == 1)
        return int(change.seen);
    return column == 2 ? QVariant(int(change.chosen)) : QVariant();
}

/// As on the wire: null for the user itself.
static QJsonValue nameOf(ChangeRow::By by)
{
    static const std::array names{QJsonValue(), QJsonValue("operator"_L1),
                                  QJsonValue("service"_L1)};
    return names[static_cast<size_t>(by)];
}

std::vector<Field<ChangeRow>> ChangesModel::fields() const
{
    return {
        {u"at"_s, [](const ChangeRow &row) { return exportedTime(row.at); }},
        {u"seen"_s, [](const ChangeRow &row) { return QJsonValue(toName(row.seen)); }},
        {u"chosen"_s, [](const ChangeRow &row) { return QJsonValue(toName(row.chosen)); }},
        {u"cause"_s, [](const ChangeRow &row) { return exportedText(row.cause); }},
        {u"custom_message"_s, [](const ChangeRow &row) { return exportedText(row.customMessage); }},
        {u"emoji"_s, [](const ChangeRow &row) { return exportedText(row.emoji); }},
        {u"device_id"_s, [](const ChangeRow &row) { return exportedId(row.device); }},
        {u"node"_s, [](const ChangeRow &row) { return exportedText(row.node); }},
        {u"by"_s, [](const ChangeRow &row) { return nameOf(row.by); }},
        {u"by_id"_s, [](const ChangeRow &row) { return exportedId(row.byId); }}};
}

} // namespace presence::dashboard
