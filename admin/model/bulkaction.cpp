// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/bulkaction.h"

#include "admin/model/actions.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using protocol::JsonView;

using namespace std::chrono_literals;

static constexpr qsizetype kMostTold = 5; ///< failures
/// 32 commands in a second: a connection may send 50 (`LIMIT_CONNECTION_MESSAGES`).
static constexpr auto kTurn = 250ms;

BulkAction::BulkAction(OverviewModel &overview, What what, std::vector<Item> items, QObject *parent)
    : QObject(parent), m_overview(overview), m_what(what), m_items(std::move(items))
{
    connect(&m_turn, &QTimer::timeout, this, &BulkAction::sendMore);
    connect(&overview.connection(), &Connection::stateChanged, this, [this] {
        if (!m_overview.connection().isOpen())
            end();
    });
}

void BulkAction::start()
{
    m_turn.start(kTurn);
    sendMore();
}

void BulkAction::cancel()
{
    m_isStopped = true;
    finishWhenDone();
}

qsizetype BulkAction::untried() const
{
    return static_cast<qsizetype>(m_items.size()) - m_sent;
}

/// Another connection may be one to another cluster.
void BulkAction::end()
{
    if (m_isOver)
        return;
    m_isCutOff = true;
    cancel();
}

void BulkAction::sendMore()
{
    if (!m_isStopped && untried() > 0 && !m_overview.canAsk())
        return end();
    while (!m_isStopped && m_waiting < kMostAtOnce && untried() > 0) {
        const Item item = m_items[size_t(m_sent++)];
        ++m_waiting;
        m_overview.ask(m_what == What::ForgetGhosts ? "forget_ghost" : "disconnect_user",
                       item.payload, [self = QPointer(this), item](const Result<JsonView> &reply) {
                           if (self)
                               self->answered(item, reply);
                       });
    }
    finishWhenDone();
}

void BulkAction::finishWhenDone()
{
    if (m_waiting > 0 || (!m_isStopped && untried() > 0) || std::exchange(m_isOver, true))
        return;
    m_turn.stop();
    Q_EMIT finished();
}

/// What is to be done has happened already.
bool BulkAction::wasGone(const Result<JsonView> &reply) const
{
    if (m_what == What::DisconnectUsers)
        return reply && (*reply)["devices"].toWhole() == 0;
    return !reply && reply.error().field == "session_id"_L1
        && reply.error().detail.endsWith("is no session of the user"_L1);
}

/// It was sent, and may have been done.
static bool isUnanswered(const Error &error, const Connection &connection)
{
    return error.code == ErrorCode::Timeout
        || (error.code == ErrorCode::Unavailable && !connection.isOpen());
}

void BulkAction::answered(const Item &item, const Result<JsonView> &reply)
{
    --m_waiting;
    if (reply) {
        if (const auto times = returnTimes(*reply))
            m_return.add(*times);
        const bool isHeld = item.payload["hold"_L1].toInteger() > 0;
        m_isHoldIgnored = m_isHoldIgnored || (isHeld && !knowsHold(*reply));
    }
    if (wasGone(reply)) {
        ++m_gone;
    } else if (reply) {
        ++m_done;
    } else if (isUnanswered(reply.error(), m_overview.connection())) {
        m_unanswered.append(item.name);
    } else {
        m_failures.append(u"%1: %2"_s.arg(item.name, reply.error().detail));
        // Of the others nothing else is to be expected.
        m_isStopped = m_isStopped || reply.error().code == ErrorCode::Unavailable;
    }
    Q_EMIT progressed();
    finishWhenDone();
}

QString BulkAction::progressText() const
{
    const QString answered = numberText(m_sent - m_waiting);
    const QString all = numberText(static_cast<qint64>(m_items.size()));
    return m_what == What::ForgetGhosts ? tr("Forgetting ghosts: %1 of %2").arg(answered, all)
                                        : tr("Disconnecting users: %1 of %2").arg(answered, all);
}

QString BulkAction::doneText() const
{
    const int done = static_cast<int>(m_done);
    const int gone = static_cast<int>(m_gone);
    if (m_what == What::ForgetGhosts) {
        const QString text = tr("%n ghost(s) were forgotten.", nullptr, done);
        return gone > 0 ? text + u' ' + tr("%n ghost(s) were gone already.", nullptr, gone) : text;
    }
    QString text = tr("%n user(s) were disconnected.", nullptr, done);
    if (gone > 0)
        text += u' ' + tr("%n user(s) had no device any more.", nullptr, gone);
    if (const QString when = m_return.text(); !when.isEmpty())
        text += u' ' + when;
    if (m_isHoldIgnored)
        text += u' ' + Actions::tr("This daemon is of an older version, which cannot hold users.");
    return text;
}

bool BulkAction::isShort() const
{
    return m_isCutOff || !m_failures.isEmpty() || !m_unanswered.isEmpty();
}

QStringList BulkAction::shortfalls() const
{
    QStringList all = m_failures;
    for (const QString &name : m_unanswered)
        all.append(tr("%1: not answered, may be done").arg(name));
    for (auto i = size_t(m_sent); i < m_items.size(); ++i)
        all.append(tr("%1: left out").arg(m_items[i].name));
    return all;
}

QString BulkAction::resultText() const
{
    QString text = m_isCutOff ? tr("The connection ended.") + u' ' + doneText() : doneText();
    if (!m_unanswered.isEmpty())
        text += u' '
            + tr("%n were not answered, and may be done or not.", nullptr,
                 static_cast<int>(m_unanswered.size()));
    if (untried() > 0)
        text += u' ' + tr("%n were left out.", nullptr, static_cast<int>(untried()));
    if (m_failures.isEmpty())
        return text;
    const int failed = static_cast<int>(m_failures.size());
    text += u' ' + tr("%n failed:", nullptr, failed) + u'\n'
        + m_failures.mid(0, kMostTold).join(u'\n');
    return failed <= kMostTold
        ? text
        : text + u'\n' + tr("and %n more", nullptr, failed - static_cast<int>(kMostTold));
}

} // namespace presence::dashboard
