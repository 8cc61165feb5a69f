// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/view/messagebar.h"

namespace presence::dashboard {

/// What is under way in a window, whatever page is shown, and what came of it: a bar for each kind
/// of task, that stays until it is closed or another task of its kind begins.
class TaskBars final : public QWidget
{
    Q_OBJECT
public:
    enum class Task : quint8 { ForgetGhosts, DisconnectUsers, Export };

    explicit TaskBars(QWidget *parent = nullptr);

    /// For one that begins: in place of the last of its kind, unless that is still under way.
    MessageBar &begin(Task task);

    int running() const; ///< tasks that are not over yet

    /// What they say is of `place`, which is not what is shown from now on.
    void leave(const QString &place);

    /// Of the window that `widget` is in; null for none.
    static TaskBars *of(const QWidget *widget);

private:
    std::vector<std::pair<Task, MessageBar *>> m_bars;
};

} // namespace presence::dashboard
