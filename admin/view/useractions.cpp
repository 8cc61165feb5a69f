// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What UserPage shows and does.
#include "admin/view/theme.h"
#include "admin/view/userpage.h"

#include <QAbstractProxyModel>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

void UserPage::openUser(const QString &user)
{
    const auto id = UserId::parse(QStringView(user.trimmed()));
    if (!id)
        return;
    if (*id != m_user.user()) {
        m_bar->dismiss();
        m_form->hide();
    }
    m_user.watch(*id);
    show();
}

void UserPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_user.setActive(true);
}

void UserPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_user.setActive(false);
}

std::optional<DeviceId> UserPage::currentDevice() const
{
    return DeviceId::parse(QStringView(m_sessions->currentId(DeviceRole)));
}

void UserPage::setStatus()
{
    const StatusView &stored = m_user.details().stored;
    m_form->open(stored.status, QString::fromUtf8(stored.customMessage),
                 QString::fromUtf8(stored.emoji));
}

void UserPage::clearStatus()
{
    const UserId user = m_user.user();
    m_bar->ask(tr("Clear the status, message and emoji of %1?").arg(user.toString()), tr("Clear"),
               [this, user] { m_actions.clearStatus(user); });
}

void UserPage::disconnectDevice()
{
    const auto device = currentDevice();
    if (!device)
        return;
    const UserId user = m_user.user();
    m_bar->ask(tr("Disconnect the device %1 of %2? Its client is told not to come back by itself.")
                   .arg(device->toString(), user.toString()),
               tr("Disconnect"),
               [this, user, device] { m_actions.disconnectDevice(user, *device); });
}

void UserPage::disconnectUser()
{
    const UserId user = m_user.user();
    m_bar->ask(tr("Disconnect all %n device(s) of %1?", nullptr,
                  static_cast<int>(m_user.details().sessions.size()))
                   .arg(user.toString()),
               tr("Disconnect"), holdTexts(), [this, user](int choice) {
                   m_actions.disconnectUser(user, kHolds[static_cast<size_t>(choice)]);
               });
}

void UserPage::forgetGhost()
{
    const auto device = currentDevice();
    if (!device)
        return;
    const UserId user = m_user.user();
    const SessionId session(m_sessions->currentId(SessionRole).toLatin1());
    m_bar->ask(tr("Forget this session of the device %1 of %2? Other sessions of the device stay.")
                   .arg(device->toString(), user.toString()),
               tr("Forget"),
               [this, user, device, session] { m_actions.forgetGhost(user, *device, session); });
}

void UserPage::refresh()
{
    const bool hasUser = m_user.hasDetails();
    m_content->setVisible(hasUser);
    m_empty->setVisible(!hasUser);
    m_empty->setText(m_user.problem().isEmpty()
                         ? tr("Looking up %1 \u2026").arg(m_user.user().toString())
                         : m_user.problem());
    m_name->setText(m_user.user().toString());
    m_sign->setVisible(hasUser);
    m_status->setVisible(hasUser);
    if (!hasUser)
        return;
    showHeader();
    showFacts();
    m_strip->show(m_user.knownChanges(), m_user.details().time);
    m_why->setText(m_user.why().join(u"\n"_s));
    enableActions();
}

static QString viewText(const StatusView &view)
{
    QString text = statusText(view.status);
    if (!view.emoji.isEmpty())
        text += u' ' + QString::fromUtf8(view.emoji);
    if (!view.customMessage.isEmpty())
        text += u" \u2013 "_s + QString::fromUtf8(view.customMessage);
    return text;
}

void UserPage::showHeader()
{
    const UserDetails &details = m_user.details();
    const int size = m_name->fontMetrics().ascent() + 4;
    m_sign->setPixmap(statusIcon(details.effective.status, palette())
                          .pixmap(QSize(size, size), devicePixelRatioF()));
    m_status->setText(viewText(details.effective));
}

static QString orNone(const std::optional<Seconds> &time)
{
    return time ? timeText(*time) : UserPage::tr("\u2013");
}

static QString tipOf(const std::optional<Seconds> &time)
{
    return time ? exactTimeText(*time) : QString();
}

void UserPage::showFacts()
{
    const UserDetails &details = m_user.details();
    m_seen->setText(viewText(details.seen));
    m_seen->setToolTip(tipOf(details.seenAt));
    const bool hasChosen
        = details.updatedAt || details.stored != StatusView{.status = Status::Online};
    m_stored->setText(details.updatedAt
                          ? tr("%1, at %2").arg(viewText(details.stored), orNone(details.updatedAt))
                          : hasChosen ? viewText(details.stored)
                                      : tr("nothing"));
    m_stored->setToolTip(tipOf(details.updatedAt));
    m_expiry->setText(orNone(details.expiresAt));
    m_expiry->setToolTip(tipOf(details.expiresAt));
    m_lastSeen->setText(orNone(details.lastSeen));
    m_lastSeen->setToolTip(tipOf(details.lastSeen));
    QStringList workspaces;
    for (const WorkspaceId &workspace : details.workspaces)
        workspaces.append(workspace.toString());
    m_workspaces->setText(workspaces.isEmpty() ? tr("\u2013") : workspaces.join(u", "_s));
}

/// The row of what was chosen in the strip.
void UserPage::showChange(const ChangeRow &change)
{
    const auto &rows = m_user.changes().rows();
    const auto row = std::ranges::find(rows, change);
    const auto *sorted = qobject_cast<QAbstractProxyModel *>(m_changes->model());
    if (sorted && row != rows.end())
        m_changes->setCurrentIndex(
            sorted->mapFromSource(m_user.changes().index(static_cast<int>(row - rows.begin()), 0)));
}

void UserPage::enableActions()
{
    const UserDetails &details = m_user.details();
    const bool hasDevice = currentDevice().has_value();
    m_clear->setEnabled(details.updatedAt.has_value());
    m_disconnectUser->setEnabled(!details.sessions.empty());
    m_disconnectDevice->setEnabled(hasDevice);
    // Of others the daemon knows that they are there.
    m_forget->setEnabled(hasDevice && !m_sessions->currentId(WarningRole).isEmpty());
    m_earlier->setEnabled(m_user.mayHaveEarlier());
    m_earlier->setToolTip(m_user.earlierProblem());
    const QString choose = hasDevice ? QString() : tr("Choose a device in the table first");
    m_disconnectDevice->setToolTip(choose);
    m_forget->setToolTip(hasDevice && !m_forget->isEnabled() ? tr("This device is no ghost")
                                                             : choose);
}

} // namespace presence::dashboard
