// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/eventbus.h"
#include "server/hub/receiver.h"

#include <QHash>
#include <QList>

#include <memory>

namespace presence::hub {

/// One topic with the receivers that a shard has on it. Listens to one Pub/Sub channel while it
/// exists; the Hub makes it for the first receiver and drops it after the last.
class Topic : public bus::EventListener
{
public:
    /// `name` as clients join it, `channel` its Pub/Sub channel, if it has one.
    Topic(bus::EventBus &bus, QByteArray name, QByteArray channel);
    ~Topic() override;
    Q_DISABLE_COPY_MOVE(Topic)

    const QByteArray &name() const { return m_name; }
    /// Of this one alone, where several of the name tell different receivers different things.
    virtual const QByteArray &key() const { return m_name; }

    void join(Receiver &receiver);
    void leave(Receiver &receiver);
    qsizetype size() const { return m_receivers.size() + (m_waiting ? m_waiting->size() : 0); }
    bool isReady() const { return m_isReady; } ///< it knows its state
    /// It is kept for a while after its last receiver has left.
    virtual bool lingers() const { return false; }

protected:
    /// The topic knows its state: receivers get the snapshot from now on.
    void setReady();
    /// Sends `receiver` the snapshot; it gets every broadcast after it.
    virtual void sendSnapshot(Receiver &receiver) = 0;
    /// `subject` as in Broadcast.
    void broadcast(const QByteArray &event, const QByteArray &payload,
                   const QByteArray &subject = {}) const;

private:
    bus::EventBus &m_bus;
    QByteArray m_name;
    QByteArray m_channel;
    bool m_isReady = false;
    /// Most topics are a user's own, with one receiver.
    class Receivers
    {
    public:
        qsizetype size() const { return m_many ? m_many->list.size() : m_only ? 1 : 0; }
        Receiver *operator[](qsizetype index) const
        {
            return m_many ? m_many->list[index] : m_only;
        }
        void add(Receiver *receiver);
        void remove(Receiver *receiver);

    private:
        struct Many
        {
            QList<Receiver *> list;
            QHash<Receiver *, qsizetype> positions; ///< in the list, once it is long
        };
        void place(qsizetype position);

        Receiver *m_only = nullptr; ///< null for none, or many
        std::unique_ptr<Many> m_many; ///< null while there never was more than one at a time
    };

    Receivers m_receivers;
    std::unique_ptr<Receivers> m_waiting; ///< joined before the topic was ready; null for none
};

} // namespace presence::hub
