// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/overviewreader.h"

#include <QObject>
#include <QTimer>

namespace presence::admin {

/// Keeps the cluster's figures of the last hour in Redis, so that who opens a dashboard sees how it
/// came to be. Each node tries each 10 s, one does it. Lives on the main thread.
class FiguresRecorder : public QObject
{
    Q_OBJECT
public:
    FiguresRecorder(const rules::Store &store, QByteArray nodeName, QObject *parent = nullptr);
    void start();

private:
    void tick();
    void readLast();
    static Figures since(const QByteArrayList &last, Figures now);
    void record(const Figures &figures);

    const rules::Store &m_store;
    QByteArray m_nodeName;
    OverviewReader m_reader;
    QTimer m_timer;
};

} // namespace presence::admin
