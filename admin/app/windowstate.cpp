// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The connection that MainWindow shows.
#include "admin/app/mainwindow.h"
#include "admin/view/datalabel.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using State = Connection::State;

void MainWindow::open(const Profile &profile, const QByteArray &token, bool isKept)
{
    // Two tunnels may end at the same address, one after the other.
    const Profile &now = m_models->connection.profile();
    if (!now.url.isEmpty() && (now.url != profile.url || now.name != profile.name))
        startAnew();
    m_models->connection.open(profile, token);
    showPage(OverviewId);
    if (!isKept)
        return;
    ProfileStore store;
    store.save(profile);
    store.setLastUsed(profile.name);
    m_connect->reload();
    m_tokens.write(profile.name, token, [this](bool isLasting) {
        if (isLasting || std::exchange(m_isTold, true))
            return;
        m_connect->bar().say(
            MessageBar::Kind::Warning,
            tr("This desktop has no key store: the token is kept until the window is closed, and "
               "has to be entered again then."));
    });
}

void MainWindow::openLastUsed()
{
    const QString name = ProfileStore().lastUsed();
    const auto profile = ProfileStore().find(name);
    if (!profile)
        return showPage(ConnectId);
    m_tokens.read(name, [this, profile](const QByteArray &token) {
        // It may have come late: what was opened meanwhile stays.
        if (!m_models->connection.profile().url.isEmpty())
            return;
        m_connect->fill(*profile, token);
        if (token.isEmpty())
            showPage(ConnectId);
        else
            open(*profile, token, false);
    });
}

void MainWindow::fillIn(const QString &name)
{
    const auto profile = ProfileStore().find(name);
    if (!profile)
        return;
    m_tokens.read(name,
                  [this, profile](const QByteArray &token) { m_connect->fill(*profile, token); });
}

QString MainWindow::stateText() const
{
    const Connection &connection = m_models->connection;
    const QString name = connection.profile().name;
    switch (connection.state()) {
    case State::Closed:
        return tr("Not connected");
    case State::Connecting:
        return tr("%1: connecting \u2026").arg(name);
    case State::Waiting:
        return tr("%1: not connected").arg(name);
    case State::Refused:
        return tr("%1: refused").arg(name);
    case State::Open:
        break;
    }
    if (m_models->overview.node().isEmpty())
        return tr("%1: connected").arg(name);
    return tr("%1: connected to node %2, version %3")
        .arg(name, QString::fromUtf8(m_models->overview.node()),
             QString::fromUtf8(m_models->overview.version()));
}

void MainWindow::refreshState()
{
    m_verdict->show(verdictOf(m_models->overview), stateText());
    refreshBadges();
    refreshBar();
    refreshStale();
    if (m_tasks->running() == 0)
        m_question->dismiss();
}

void MainWindow::refreshBadges()
{
    const VerdictCounts counts = countsOf(m_models->overview);
    m_navigation->setBadge(OverviewId, counts.nodesUnreachable,
                           tr("%n node(s) unreachable", nullptr, int(counts.nodesUnreachable)));
    QStringList users;
    if (counts.ghosts > 0)
        users.append(tr("%n ghost(s)", nullptr, int(counts.ghosts)));
    if (counts.flapping > 0)
        users.append(tr("%n user(s) flapping", nullptr, int(counts.flapping)));
    m_navigation->setBadge(GhostsId, counts.ghosts + counts.flapping, users.join(u", "_s));
}

void MainWindow::refreshStale()
{
    const OverviewModel &overview = m_models->overview;
    const bool isStale = overview.hasData() && overview.isStale();
    for (TableView *table : m_pages->findChildren<TableView *>())
        table->setStale(isStale);
    for (DataLabel *label : m_pages->findChildren<DataLabel *>())
        label->setAge(isStale ? tr("%1 old").arg(durationText(overview.age())) : QString());
}

/// How old what is shown is, if it is not live.
static QString ageText(const OverviewModel &overview)
{
    if (!overview.hasData() || !overview.isStale())
        return {};
    return MainWindow::tr("What is shown is %1 old.").arg(durationText(overview.age()));
}

/// In whole seconds that are still to come.
static QString pauseText(std::chrono::milliseconds pause)
{
    return durationText(std::chrono::ceil<std::chrono::seconds>(pause));
}

void MainWindow::refreshBar()
{
    Connection &connection = m_models->connection;
    if (!connection.untrusted().isNull() && connection.state() == State::Refused)
        return askForTrust();
    const QString age = ageText(m_models->overview);
    const auto retry = [&connection] { connection.retryNow(); };
    switch (connection.state()) {
    case State::Closed:
        return m_bar->dismiss();
    case State::Connecting:
        if (connection.problem().isEmpty())
            return m_bar->dismiss();
        return m_bar->say(MessageBar::Kind::Warning,
                          tr("%1 Connecting \u2026 %2").arg(connection.problem(), age));
    case State::Waiting:
        return m_bar->say(MessageBar::Kind::Warning,
                          tr("%1 Next attempt in %2. %3")
                              .arg(connection.problem(), pauseText(connection.retryIn()), age),
                          tr("Retry Now"), retry);
    case State::Refused:
        return m_bar->say(MessageBar::Kind::Error, connection.problem() + u' ' + age,
                          tr("Connection \u2026"), [this] { showPage(ConnectId); });
    case State::Open:
        break;
    }
    showProblem();
}

/// Of a connection that is open.
void MainWindow::showProblem()
{
    const OverviewModel &overview = m_models->overview;
    if (!overview.problem().isEmpty())
        return m_bar->say(MessageBar::Kind::Error, overview.problem(), tr("Connection \u2026"),
                          [this] { showPage(ConnectId); });
    if (!overview.hasData() || !overview.isStale())
        return m_bar->dismiss();
    m_bar->say(MessageBar::Kind::Warning,
               overview.now().redis.isReachable
                   ? tr("The daemon does not respond. %1").arg(ageText(overview))
                   : tr("Redis is unreachable: nothing changes until it is back. %1")
                         .arg(ageText(overview)));
}

static QString fingerprint(const QSslCertificate &certificate)
{
    return QString::fromLatin1(certificate.digest(QCryptographicHash::Sha256).toHex(':').toUpper());
}

void MainWindow::askForTrust()
{
    const QSslCertificate certificate = m_models->connection.untrusted();
    const QString name = certificate.subjectInfo(QSslCertificate::CommonName).join(u", "_s);
    m_bar->say(MessageBar::Kind::Error,
               tr("The certificate of %1 (\u201c%2\u201d, valid until %3) is not trusted. Trust it "
                  "only if its SHA-256 fingerprint is what the daemon's operator says:\n%4")
                   .arg(m_models->connection.profile().url.host(), name,
                        QLocale().toString(certificate.expiryDate().date(), QLocale::ShortFormat),
                        fingerprint(certificate)),
               tr("Trust this Certificate"), [this] { m_models->connection.trust(); });
}

} // namespace presence::dashboard
