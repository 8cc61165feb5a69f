// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/settings/profilestore.h"
#include "admin/view/messagebar.h"

#include <QCheckBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>

namespace presence::dashboard {

/// Where to connect to, and with which token.
class ConnectPage final : public QWidget
{
    Q_OBJECT
public:
    explicit ConnectPage(QWidget *parent = nullptr);

    void reload(); ///< the list of saved profiles
    void fill(const Profile &profile, const QByteArray &token);
    MessageBar &bar() { return *m_bar; }

Q_SIGNALS:
    /// `isKept`: to be saved under its name.
    void chosen(const presence::dashboard::Profile &profile, const QByteArray &token, bool isKept);
    void selected(const QString &profile); ///< to be filled in
    void removed(const QString &profile);

private:
    QWidget *makeForm();
    QWidget *makeList();
    void connectNow();

    MessageBar *m_bar;
    QListWidget *m_profiles;
    QLineEdit *m_name;
    QLineEdit *m_url;
    QLineEdit *m_token;
    QCheckBox *m_keep;
    QPushButton *m_remove;
    QByteArray m_certificate; ///< of the profile that was filled in
};

} // namespace presence::dashboard
