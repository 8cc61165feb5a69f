// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"
#include "admin/model/pagereader.h"

namespace presence::dashboard {

/// The most active channels whose name contains a text. Asked for each 3 s while active.
class ChannelsModel final : public RowsModel<ChannelRow>
{
    Q_OBJECT
public:
    explicit ChannelsModel(OverviewModel &overview, QObject *parent = nullptr);

    void setActive(bool isActive);
    void setMatch(const QString &match);

    qint64 examined() const { return m_examined; } ///< channels that match
    bool isComplete() const { return m_isComplete; } ///< false: there are more than were examined
    QString problem() const { return m_problem; }

Q_SIGNALS:
    void refreshed();

private:
    void ask();
    QVariant more(const ChannelRow &channel, int column, int role) const override;
    std::vector<Field<ChannelRow>> fields() const override;

    OverviewModel &m_overview;
    QString m_match;
    qint64 m_examined = 0;
    bool m_isComplete = true;
    QString m_problem;
    quint64 m_question = 0; ///< number of the last one
    QTimer m_timer;
};

/// Who looks at a channel and who types in it.
class ChannelUsersModel final : public RowsModel<ChannelUserRow>
{
    Q_OBJECT
public:
    explicit ChannelUsersModel(OverviewModel &overview, QObject *parent = nullptr);
    ~ChannelUsersModel() override;

    void watch(const ChannelId &channel); ///< empty for none
    const ChannelId &channel() const { return m_channel; }
    QString problem() const { return m_problem; }

Q_SIGNALS:
    void changed();

private:
    void take(const protocol::JsonView &changed, const protocol::JsonView &left);
    void show();
    QVariant more(const ChannelUserRow &user, int column, int role) const override;
    std::vector<Field<ChannelUserRow>> fields() const override;

    OverviewModel &m_overview;
    ChannelId m_channel;
    QString m_problem;
    QMap<QByteArray, ChannelUserRow> m_users;
    PageReader m_pages;
    std::unique_ptr<Subscription> m_subscription;
    QTimer m_ages;
};

} // namespace presence::dashboard
