// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/searchmodel.h"

#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QListView>

namespace presence::dashboard {

/// Finds users, devices, channels, workspaces and nodes as one types, over what is shown. Arrow
/// keys choose, Enter opens, Esc closes, and so does looking elsewhere.
class SearchPopup final : public QFrame
{
    Q_OBJECT
public:
    SearchPopup(SearchModel &search, QWidget *parent);

    void open();

Q_SIGNALS:
    void userOpened(const QString &user);
    void channelOpened(const QString &channel);
    void workspaceOpened(const QString &workspace);
    void nodeOpened(const QString &node);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void place();
    void refresh();
    void describe();
    void openHit(const QModelIndex &index);
    void returnFocus();
    QString stateText() const;
    QString resultText() const;

    SearchModel &m_search;
    QLineEdit *m_text;
    QListView *m_list;
    QLabel *m_state;
    QPointer<QWidget> m_before; ///< had the focus
    bool m_hasMoved = false; ///< who searches has chosen a row
};

} // namespace presence::dashboard
