// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QListWidget>

namespace presence::dashboard {

/// The pages, with an icon each, and how much there is on them that is worth a look.
class Navigation final : public QListWidget
{
    Q_OBJECT
public:
    struct Page
    {
        QString title;
        QString icon; ///< a name in resources/icons/pages
    };
    explicit Navigation(const QList<Page> &pages, QWidget *parent = nullptr);

    /// `what` says it in words, as "3 ghosts"; 0 takes the badge away.
    void setBadge(int page, qint64 count, const QString &what);

protected:
    void changeEvent(QEvent *event) override;

private:
    void fit();
};

} // namespace presence::dashboard
