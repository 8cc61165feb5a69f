// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/rowstopic.h"
#include "server/bus/events.h"
#include "server/presence/channelpresence.h"

namespace presence::admin {

/// A user who looks at a channel, or types in it, or both.
struct ChannelUser
{
    qint64 viewingSince = 0; ///< s since the epoch; 0: does not look
    qint64 typingUntil = 0; ///< ms since the epoch; 0: does not type
    void appendTo(QByteArray &json) const;
    bool isGone() const { return viewingSince == 0 && typingUntil == 0; }
    friend bool operator==(const ChannelUser &, const ChannelUser &) = default;
};

/// `admin:channel:{id}`: who looks at a channel, and who types in it until when. That somebody
/// types on is told to nobody, so it is asked for each second while somebody types.
class ChannelRows final : public RowsTopic
{
    Q_OBJECT
public:
    ChannelRows(bus::EventBus &bus, const rules::Store &store, rules::ChannelPresence &viewers,
                const ChannelId &channel);

    static QByteArray nameOf(const ChannelId &channel)
    {
        return "admin:channel:" + channel.bytes();
    }

    QByteArray page(const QByteArray &after) const override { return m_rows.page(after, kPage); }
    void subscribed() override;
    void received(const QByteArray &payload) override;

private:
    void read();
    void take(const Roster &roster);
    void apply(const bus::ChannelEvent &event);
    void put(const UserId &user, const ChannelUser &row);
    ChannelUser rowOf(const UserId &user) const;
    void setTyping(const UserId &user, qint64 until);
    void readTyping();
    void takeTyping(const std::vector<redis::Reply> &ends);

    qsizetype count() const override { return m_rows.size(); }
    QByteArray takeChanges() override;

    const rules::Store &m_store;
    rules::ChannelPresence &m_viewers;
    ChannelId m_channel;
    RowTable<ChannelUser> m_rows;
    QSet<UserId> m_typing;
    quint64 m_sequence = 0;
    bool m_isReading = false;
    bool m_isOutdated = false; ///< what is being read is of no use
    std::vector<bus::ChannelEvent> m_held; ///< that came while the channel is read
    QTimer m_typingTimer;
};

} // namespace presence::admin
