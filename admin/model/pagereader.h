// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/net/subscription.h"

namespace presence::dashboard {

/// Asks for the pages of a table's topic, one after the other. A page that is not given is asked
/// for again; should the connection break, the topic is joined anew, and so is this started anew.
class PageReader : public QObject
{
    Q_OBJECT
public:
    using Take = std::function<void(const protocol::JsonView &rows)>;

    PageReader(Take take, std::function<void()> finished)
        : m_take(std::move(take)), m_finished(std::move(finished))
    {
    }

    void start(Subscription &topic); ///< at the first page
    void stop();

private:
    void ask(const QByteArray &after);
    void take(const protocol::JsonView &page);

    Take m_take;
    std::function<void()> m_finished;
    QPointer<Subscription> m_topic;
    quint64 m_start = 0; ///< number of the last start or stop
};

} // namespace presence::dashboard
