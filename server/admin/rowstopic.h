// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/rowtable.h"
#include "server/hub/topic.h"

#include <QObject>
#include <QTimer>

namespace presence::admin {

/// A topic whose receivers page through a table and are then told what changes in it, as `rows`,
/// four times a second. One table for all receivers of a shard.
class RowsTopic : public QObject, public hub::Topic
{
    Q_OBJECT
public:
    RowsTopic(bus::EventBus &bus, QByteArray name, QByteArray channel);

    /// As RowTable::page(), of a whole page.
    virtual QByteArray page(const QByteArray &after) const = 0;

protected:
    static constexpr int kPage = 1000; ///< rows
    static constexpr int kMostChanges = 4000; ///< rows of a message

    /// Something in the table has changed.
    void noteChange();
    virtual qsizetype count() const = 0;
    /// As RowTable::takeChanges(); "" for none.
    virtual QByteArray takeChanges() = 0;

private:
    void sendSnapshot(hub::Receiver &receiver) override;
    void flush();

    QTimer m_window;
};

} // namespace presence::admin
