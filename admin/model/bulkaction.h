// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"
#include "admin/model/signoff.h"

namespace presence::dashboard {

/// One command for many, a few at a time, and no more in a second than a connection may send in the
/// long run. Each is logged by the daemon as if it were alone. It ends with the connection that it
/// began with.
class BulkAction final : public QObject
{
    Q_OBJECT
public:
    static constexpr qsizetype kMostAtOnce = 8; ///< that are not answered yet

    enum class What : quint8 { ForgetGhosts, DisconnectUsers };
    struct Item
    {
        QString name; ///< whom it is about, in words
        QJsonObject payload;
    };

    BulkAction(OverviewModel &overview, What what, std::vector<Item> items, QObject *parent);

    void start();
    /// What is not sent yet is left out; finished() comes when the rest is answered.
    void cancel();

    What what() const { return m_what; }
    qsizetype done() const { return m_done; }
    qsizetype gone() const { return m_gone; } ///< there was nothing to do any more
    qsizetype untried() const; ///< when it has finished: left out
    const QStringList &failures() const { return m_failures; } ///< each with its reason
    /// What is not known to be done though it was to be, each with its reason.
    QStringList shortfalls() const;
    /// Nobody wanted it to end before all were done, and still it did, or something failed.
    bool isShort() const;

    QString progressText() const;
    /// What became of them, the first failures with their reasons.
    QString resultText() const;

Q_SIGNALS:
    void progressed();
    void finished();

private:
    void sendMore();
    void end();
    void finishWhenDone();
    void answered(const Item &item, const Result<protocol::JsonView> &reply);
    bool wasGone(const Result<protocol::JsonView> &reply) const;
    QString doneText() const;

    OverviewModel &m_overview;
    What m_what;
    std::vector<Item> m_items;
    qsizetype m_sent = 0;
    qsizetype m_waiting = 0; ///< for an answer
    qsizetype m_done = 0;
    qsizetype m_gone = 0;
    QStringList m_failures;
    QStringList m_unanswered; ///< names: done or not, that is not known
    ReturnRange m_return;
    bool m_isHoldIgnored = false; ///< by a daemon that does not know it
    QTimer m_turn;
    bool m_isStopped = false;
    bool m_isCutOff = false; ///< by the end of the connection
    bool m_isOver = false;
};

} // namespace presence::dashboard
