// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/overviewreader.h"
#include "server/archive/archive.h"
#include "server/hub/topic.h"

#include <QObject>
#include <QTimer>

namespace presence::admin {

/// `admin:overview`: the cluster each second, as `overview`, and each 10 s what was recorded of
/// them, as `record`. The snapshot has the records of the last hour.
class OverviewTopic final : public QObject, public hub::Topic
{
    Q_OBJECT
public:
    /// `archive`: null when there is none.
    OverviewTopic(bus::EventBus &bus, const rules::Store &store, const archive::Archive *archive,
                  QByteArray nodeName, QByteArray version);

    static QByteArray nameOf() { return "admin:overview"; }

    void subscribed() override { }
    void received(const QByteArray &) override { }

private:
    void sendSnapshot(hub::Receiver &receiver) override;
    void tick();
    void readRecords(int count);
    bool takeRecords(const QByteArrayList &records, int count);
    void take(Overview overview);

    const rules::Store &m_store;
    const archive::Archive *m_archive;
    QByteArray m_nodeName;
    QByteArray m_version;
    OverviewReader m_reader;
    bool m_isReading = false;
    QByteArrayList m_records; ///< figures as JSON, the oldest first
    QTimer m_timer;
};

} // namespace presence::admin
