// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/channelsmodel.h"

#include "shared/protocol/adminreader.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::JsonView;

static constexpr auto kChannelsInterval = 3000ms;
static constexpr auto kAges = 1000ms;

static Column<ChannelRow> countColumn(const QString &title, qint64 ChannelRow::*member)
{
    return {title,
            [member](const ChannelRow &row) { return numberText(row.*member); },
            [member](const ChannelRow &row) { return QVariant(row.*member); },
            {},
            kNumberAlignment};
}

ChannelsModel::ChannelsModel(OverviewModel &overview, QObject *parent)
    : RowsModel(
        {{tr("Channel"), [](const ChannelRow &row) { return row.channel.toString(); }},
         countColumn(tr("Viewers"), &ChannelRow::viewers),
         countColumn(tr("Typing"), &ChannelRow::typing)},
        [](const ChannelRow &row) { return row.channel.bytes(); }, parent),
      m_overview(overview)
{
    m_timer.setInterval(kChannelsInterval);
    connect(&m_timer, &QTimer::timeout, this, &ChannelsModel::ask);
    connect(&overview, &OverviewModel::joined, this, [this] {
        if (m_timer.isActive())
            ask();
    });
}

void ChannelsModel::setActive(bool isActive)
{
    if (isActive == m_timer.isActive())
        return;
    if (!isActive)
        return m_timer.stop();
    m_timer.start();
    ask();
}

void ChannelsModel::setMatch(const QString &match)
{
    if (match == m_match)
        return;
    m_match = match;
    ask();
}

void ChannelsModel::ask()
{
    m_overview.ask("get_channels", {{"match"_L1, m_match}},
                   [self = QPointer(this), question = ++m_question](const Result<JsonView> &reply) {
                       if (!self || self->m_question != question)
                           return;
                       self->m_problem = reply ? QString() : reply.error().detail;
                       if (reply) {
                           self->m_examined = (*reply)["examined"].toWhole().value_or(0);
                           self->m_isComplete = (*reply)["complete"].isTrue();
                           self->setRows(
                               protocol::readRows((*reply)["channels"], &protocol::readChannelRow));
                       }
                       Q_EMIT self->refreshed();
                   });
}

QVariant ChannelsModel::more(const ChannelRow &channel, int, int role) const
{
    return role == ChannelRole ? QVariant(channel.channel.toString()) : QVariant();
}

std::vector<Field<ChannelRow>> ChannelsModel::fields() const
{
    return {{u"channel_id"_s, [](const ChannelRow &row) { return exportedId(row.channel); }},
            {u"viewers"_s, [](const ChannelRow &row) { return QJsonValue(row.viewers); }},
            {u"typing"_s, [](const ChannelRow &row) { return QJsonValue(row.typing); }}};
}

static std::vector<Column<ChannelUserRow>> userColumns(const Clock &clock)
{
    const auto leftOf = [&clock](const ChannelUserRow &row) {
        return row.typingUntil ? *row.typingUntil - clock.now() : 0ms;
    };
    return {{ChannelUsersModel::tr("User"),
             [](const ChannelUserRow &row) { return row.user.toString(); }},
            {ChannelUsersModel::tr("Viewing for"),
             [&clock](const ChannelUserRow &row) {
                 return row.viewingSince ? durationText(clock.now() - *row.viewingSince)
                                         : ChannelUsersModel::tr("not viewing");
             },
             [](const ChannelUserRow &row) {
                 return QVariant(
                     qint64(row.viewingSince.value_or(Seconds()).time_since_epoch().count()));
             },
             [](const ChannelUserRow &row) {
                 return row.viewingSince ? exactTimeText(*row.viewingSince) : QString();
             }},
            {ChannelUsersModel::tr("Typing"),
             [leftOf](const ChannelUserRow &row) {
                 if (!row.typingUntil)
                     return QString();
                 const auto left = std::max(std::chrono::ceil<std::chrono::seconds>(leftOf(row)),
                                            std::chrono::seconds(0));
                 return ChannelUsersModel::tr("%1 s left").arg(left.count());
             },
             [](const ChannelUserRow &row) {
                 return QVariant(
                     qint64(row.typingUntil.value_or(Milliseconds()).time_since_epoch().count()));
             },
             [](const ChannelUserRow &row) {
                 return row.typingUntil
                     ? ChannelUsersModel::tr("Expires at\n%1").arg(exactTimeText(*row.typingUntil))
                     : QString();
             }}};
}

ChannelUsersModel::ChannelUsersModel(OverviewModel &overview, QObject *parent)
    : RowsModel(
        userColumns(overview.clock()), [](const ChannelUserRow &row) { return row.user.bytes(); },
        parent),
      m_overview(overview), m_pages([this](const JsonView &rows) { take(rows, JsonView()); }, [] {})
{
    connect(&m_ages, &QTimer::timeout, this, &ChannelUsersModel::refreshAges);
}

ChannelUsersModel::~ChannelUsersModel() = default;

void ChannelUsersModel::watch(const ChannelId &channel)
{
    if (channel == m_channel)
        return;
    m_pages.stop();
    m_subscription.reset();
    m_channel = channel;
    m_users.clear();
    m_problem.clear();
    m_ages.stop();
    show();
    if (channel.isEmpty())
        return;
    m_ages.start(kAges);
    m_subscription = std::make_unique<Subscription>(
        m_overview.connection(), "admin:channel:" + channel.bytes(), QJsonObject(),
        Subscription::Handlers{[this](const JsonView &) {
                                   m_users.clear();
                                   m_problem.clear();
                                   m_pages.start(*m_subscription);
                               },
                               [this](QByteArrayView event, const JsonView &payload) {
                                   if (event == "rows")
                                       take(payload["changed"], payload["left"]);
                               },
                               [this](const QString &why) {
                                   m_problem = why;
                                   Q_EMIT changed();
                               }});
}

void ChannelUsersModel::take(const JsonView &changed, const JsonView &left)
{
    for (const ChannelUserRow &row : protocol::readRows(changed, &protocol::readChannelUserRow))
        m_users[row.user.bytes()] = row;
    for (const JsonView &user : left.elements())
        m_users.remove(user.bytes().toByteArray());
    show();
}

void ChannelUsersModel::show()
{
    setRows({m_users.cbegin(), m_users.cend()});
    Q_EMIT changed();
}

QVariant ChannelUsersModel::more(const ChannelUserRow &user, int, int role) const
{
    return role == UserRole ? QVariant(user.user.toString()) : QVariant();
}

std::vector<Field<ChannelUserRow>> ChannelUsersModel::fields() const
{
    return {{u"channel_id"_s,
             [channel = m_channel](const ChannelUserRow &) { return exportedId(channel); }},
            {u"user_id"_s, [](const ChannelUserRow &row) { return exportedId(row.user); }},
            {u"viewing_since"_s,
             [](const ChannelUserRow &row) { return exportedTime(row.viewingSince); }},
            {u"typing_until"_s,
             [](const ChannelUserRow &row) { return exportedTime(row.typingUntil); }}};
}

} // namespace presence::dashboard
