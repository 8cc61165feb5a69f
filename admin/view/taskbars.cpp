// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/taskbars.h"

#include <QVBoxLayout>

#include <algorithm>

namespace presence::dashboard {

TaskBars::TaskBars(QWidget *parent) : QWidget(parent)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
}

MessageBar &TaskBars::begin(Task task)
{
    for (const auto &[kind, bar] : m_bars) {
        if (kind == task && !bar->isTelling())
            return *bar;
    }
    auto *bar = new MessageBar;
    layout()->addWidget(bar);
    m_bars.emplace_back(task, bar);
    return *bar;
}

int TaskBars::running() const
{
    const auto isRunning = [](const auto &entry) { return entry.second->isTelling(); };
    return static_cast<int>(std::ranges::count_if(m_bars, isRunning));
}

void TaskBars::leave(const QString &place)
{
    for (const auto &entry : m_bars)
        entry.second->setPlace(place);
}

TaskBars *TaskBars::of(const QWidget *widget)
{
    return widget->window()->findChild<TaskBars *>();
}

} // namespace presence::dashboard
