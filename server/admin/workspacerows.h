// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/rowstopic.h"
#include "server/admin/sessiontext.h"
#include "server/presence/store.h"

#include <QSet>

namespace presence::admin {

/// A user of a workspace, as members see it, and where it is connected.
struct WorkspaceUser
{
    qint64 revision = 0; ///< of what members see
    QByteArray view; ///< status, custom_message, emoji, online_at: members of JSON, after a comma
    Connected connected;
    void appendTo(QByteArray &json) const;
    friend bool operator==(const WorkspaceUser &, const WorkspaceUser &) = default;
};

/// `admin:workspace:{id}`: who is in a workspace.
///
/// The table is read in parts, so that neither Redis nor the shard is held up by a large one, while
/// changes come in: of a user that changed meanwhile the change counts. Where users are connected
/// is read again when they change, and round and round.
class WorkspaceRows final : public RowsTopic
{
    Q_OBJECT
public:
    WorkspaceRows(bus::EventBus &bus, const rules::Store &store, const WorkspaceId &workspace);

    static QByteArray nameOf(const WorkspaceId &workspace)
    {
        return "admin:workspace:" + workspace.bytes();
    }

    QByteArray page(const QByteArray &after) const override { return m_rows.page(after, kPage); }
    void subscribed() override;
    void received(const QByteArray &payload) override;

private:
    void start();
    void scan(const QByteArray &cursor);
    void scanned(const Result<redis::Reply> &reply);
    void finish();
    void startAgain();
    enum class Source : quint8 { Event, Read };
    void put(const UserId &user, const QByteArray &meta, Source source);
    using Users = std::vector<UserId>;
    void readConnections(Users users, std::function<void()> done);
    void connectionsRead(const Users &users, const std::vector<redis::Reply> &replies);
    void tick();
    void readAround();

    qsizetype count() const override { return m_rows.size(); }
    QByteArray takeChanges() override;

    const rules::Store &m_store;
    WorkspaceId m_workspace;
    NodeNames m_nodes;
    RowTable<WorkspaceUser> m_rows;
    quint64 m_sequence = 0; ///< of the newest change; 0 until one has come
    quint64 m_scan = 0; ///< number of the scan under way, or of the last one
    bool m_isScanning = false;
    QSet<UserId> m_found; ///< by the scan under way
    QSet<UserId> m_touched; ///< by a change since the scan began
    Users m_changed; ///< whose connections are to be read
    QByteArray m_position; ///< of the going round
    int m_ticks = 0;
    QTimer m_timer;
};

} // namespace presence::admin
